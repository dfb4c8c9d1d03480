import type { RawClock } from '../../src/base/clock.js';

/** A clock that only the test advances, timer by timer. */
export class ManualClock implements RawClock {
  #nowMs = 0;
  #timers: { atMs: number; then: () => void }[] = [];

  nowNs(): number {
    return this.#nowMs * 1e6;
  }

  timer(delayMs: number, then: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, then };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async advanceTo(atMs: number): Promise<void> {
    for (;;) {
      // Promises that wait for the last timer may set the next one.
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = this.#timers.filter((timer) => timer.atMs <= atMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = next.atMs;
      next.then();
    }
    this.#nowMs = atMs;
  }

  /** Like `advanceTo`, but as in a paused process: every due timer fires late, and before any pending byte is read. */
  async stallTo(atMs: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#nowMs = atMs;
    const due = this.#timers.filter((timer) => timer.atMs <= atMs).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((timer) => timer.atMs > atMs);
    for (const timer of due) timer.then();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
