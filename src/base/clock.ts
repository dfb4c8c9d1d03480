/**
 * The clock, always injected, so that tests need not wait. `systemClock.ts` has the clock of the host.
 *
 * There are two ways to wait. `after` is for deadlines: it counts attended time, so that no device is late because the
 * bench itself was paused. `timer` is for gaps on a wire, which pass in raw time.
 */
import type { HostPause } from './attendedTime.js';

export const NS_PER_MS = 1e6;

/** The part of the clock that a serial line needs. */
export interface RawClock {
  /** CLOCK_MONOTONIC in ns: the clock of I/O completions and of the boards' commands. Exact for 104 days of uptime. */
  nowNs(): number;
  /** Calls `then` once after `ms`; returns a function that cancels it. */
  timer(ms: number, then: () => void): () => void;
}

export interface Clock extends RawClock {
  /** CLOCK_MONOTONIC. */
  nowMs(): number;
  /**
   * Calls `then` once after `ms` of attended time, and after all events that had arrived by then. Returns a function
   * that cancels it.
   */
  after(ms: number, then: () => void): () => void;
  /**
   * Notifies of each pause of the bench, before any timer that became due during it. Returns a function that removes
   * the listener.
   */
  onPause(listener: (pause: HostPause) => void): () => void;
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
  // Timers round down to full milliseconds: a gap must not come out short.
  return new Promise((resolve) => clock.timer(Math.ceil(leftMs), resolve));
}

/** As `until`, but resolves at once when the signal is aborted. */
export function untilOr(clock: RawClock, deadlineNs: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return until(clock, deadlineNs);
  const leftMs = Math.max(0, Math.ceil((deadlineNs - clock.nowNs()) / NS_PER_MS));
  return orAborted(signal, (end) => clock.timer(leftMs, end));
}

/** As `delay`, but resolves at once when the signal is aborted. */
export function delayOr(clock: Pick<Clock, 'after'>, ms: number, signal: AbortSignal): Promise<void> {
  return orAborted(signal, (end) => clock.after(ms, end));
}

/** `arm` starts the wait and returns a function that cancels it. */
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
