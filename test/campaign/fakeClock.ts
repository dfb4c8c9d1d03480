/** A clock that jumps to the next timer whenever nothing else can happen: a cycle of seconds runs in milliseconds. */
import type { HostPause } from '../../src/base/attendedTime.js';
import type { Clock } from '../../src/base/clock.js';

interface Timer {
  atMs: number;
  order: number;
  fn: () => void;
}

export class FakeClock implements Clock {
  private ms = 1000;
  private order = 0;
  private timers: Timer[] = [];
  /** Timers count the time in which the bench is awake. */
  private stoodMs = 0;
  private readonly listeners = new Set<(standstill: HostPause) => void>();

  nowMs(): number {
    return this.ms;
  }

  nowNs(): number {
    return this.ms * 1e6;
  }

  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.ms;
  }

  onPause(listener: (standstill: HostPause) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Time goes by, and the bench does not. */
  standStill(ms: number): void {
    const atMs = this.ms;
    this.ms += ms;
    this.stoodMs += ms;
    for (const listener of this.listeners) listener({ atMs, ms });
  }

  timer(ms: number, fn: () => void): () => void {
    return this.after(ms, fn);
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { atMs: this.ms - this.stoodMs + Math.max(0, ms), order: this.order++, fn };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((t) => t !== timer);
    };
  }

  /** Drives timers until `promise` settles. Throws when nothing is left that could settle it. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    for (;;) {
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
      if (settled) return watched;
      const next = this.timers.sort((a, b) => a.atMs - b.atMs || a.order - b.order).shift();
      if (next === undefined) throw new Error('stuck: no timer is armed and the promise has not settled');
      this.ms = Math.max(this.ms, next.atMs + this.stoodMs);
      next.fn();
    }
  }
}
