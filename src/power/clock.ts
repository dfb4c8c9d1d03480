/** The only time that this folder knows. Drivers do not sleep: they ask the clock to call them back. */

export interface Clock {
  /** CLOCK_MONOTONIC in ns; a double holds it exactly for 104 days of uptime. */
  nowNs(): number;
  /** Calls `then` once after so many ms; the function returned takes it back. */
  after(delayMs: number, then: () => void): () => void;
}

export const NS_PER_MS = 1e6;

export const systemClock: Clock = {
  nowNs: () => Number(process.hrtime.bigint()),
  after(delayMs, then) {
    const timer = setTimeout(then, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves when the clock has reached `deadlineNs`; at once if it has. */
export function until(clock: Clock, deadlineNs: number): Promise<void> {
  const leftMs = (deadlineNs - clock.nowNs()) / NS_PER_MS;
  if (leftMs <= 0) return Promise.resolve();
  // Timers round down to whole milliseconds: a gap must not come out short.
  return new Promise((resolve) => clock.after(Math.ceil(leftMs), resolve));
}

/** As `until`, and at once when the signal is aborted. */
export function untilOr(clock: Clock, deadlineNs: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return until(clock, deadlineNs);
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(Math.max(0, Math.ceil((deadlineNs - clock.nowNs()) / NS_PER_MS)), end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
