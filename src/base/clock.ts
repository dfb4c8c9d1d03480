/**
 * Time, always injected, so that tests run a cycle in no time at all. `systemClock.ts` has the clock of the host.
 *
 * Two ways to wait. `after` is for deadlines: it counts only the time in which the bench was awake, so that no device is
 * late because the bench stood still. `timer` is for gaps on a wire, which pass whether the bench looks or not.
 */
import type { HostPause } from './attendedTime.js';

export const NS_PER_MS = 1e6;

/** What a serial line needs. */
export interface RawClock {
  /** CLOCK_MONOTONIC in ns: the clock of I/O completions and of the boards' commands. Exact for 104 days of uptime. */
  nowNs(): number;
  /** Calls `then` once after `ms`; returns what cancels it. */
  timer(ms: number, then: () => void): () => void;
}

export interface Clock extends RawClock {
  /** CLOCK_MONOTONIC. */
  nowMs(): number;
  /**
   * Calls `then` once, after `ms` in which the bench was awake and when what had arrived by then is delivered; returns
   * what cancels it.
   */
  after(ms: number, then: () => void): () => void;
  /** Notifies of each standstill of the bench, before any timer that was due meanwhile. Returns what ends it. */
  onPause(listener: (standstill: HostPause) => void): () => void;
  /** Wall clock, for names and records only. */
  wallMs(): number;
}

/** Resolves after `ms` of attended time. */
export function delay(clock: Pick<Clock, 'after'>, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** Resolves when the clock has reached `deadlineNs`; at once if it has. */
export function until(clock: RawClock, deadlineNs: number): Promise<void> {
  const leftMs = (deadlineNs - clock.nowNs()) / NS_PER_MS;
  if (leftMs <= 0) return Promise.resolve();
  // Timers round down to whole milliseconds: a gap must not come out short.
  return new Promise((resolve) => clock.timer(Math.ceil(leftMs), resolve));
}

/** As `until`, and at once when the signal is aborted. */
export function untilOr(clock: RawClock, deadlineNs: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return until(clock, deadlineNs);
  const leftMs = Math.max(0, Math.ceil((deadlineNs - clock.nowNs()) / NS_PER_MS));
  return orAborted(signal, (end) => clock.timer(leftMs, end));
}

/** As `delay`, and at once when the signal is aborted. */
export function delayOr(clock: Pick<Clock, 'after'>, ms: number, signal: AbortSignal): Promise<void> {
  return orAborted(signal, (end) => clock.after(ms, end));
}

/** `arm` starts the wait and returns what cancels it. */
function orAborted(signal: AbortSignal, arm: (end: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = arm(end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
