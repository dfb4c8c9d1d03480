/** Time as the campaign sees it: injected, so that tests run a cycle in no time at all. */
import { attended } from '../base/attendedClock.js';
import type { Standstill } from '../base/attendedTime.js';

export interface Clock {
  /** Monotonic. */
  nowMs(): number;
  /** CLOCK_MONOTONIC in ns: the clock of the engine's completions and of the boards' commands. */
  nowNs(): number;
  /**
   * Calls `fn` once, after `ms` in which the bench was awake and when what had arrived by then is delivered; returns what
   * cancels it. So every deadline is counted.
   */
  after(ms: number, fn: () => void): () => void;
  /** The bench stood still: told before any timer that was due meanwhile. Returns what ends it. */
  onStandstill(listener: (standstill: Standstill) => void): () => void;
  /** Wall clock, for names and records only. */
  wallMs(): number;
}

export const NS_PER_MS = 1e6;

export const systemClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / NS_PER_MS,
  nowNs: () => Number(process.hrtime.bigint()),
  after: (ms, fn) => attended.after(ms, fn),
  onStandstill: (listener) => attended.onStandstill(listener),
  wallMs: () => Date.now(),
};

/** Resolves after `ms` of this clock. */
export function delay(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
