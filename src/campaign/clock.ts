/** Time as the campaign sees it: injected, so that tests run a cycle in no time at all. */
export interface Clock {
  /** Monotonic. */
  nowMs(): number;
  /** CLOCK_MONOTONIC in ns: the clock of the engine's completions and of the boards' commands. */
  nowNs(): number;
  /** Calls `fn` once, `ms` from now; returns what cancels it. */
  after(ms: number, fn: () => void): () => void;
  /** Wall clock, for names and records only. */
  wallMs(): number;
}

export const NS_PER_MS = 1e6;

export const systemClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / NS_PER_MS,
  nowNs: () => Number(process.hrtime.bigint()),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
  wallMs: () => Date.now(),
};

/** Resolves after `ms` of this clock. */
export function delay(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
