/**
 * A clock that jumps to the next timer as soon as no promise can make progress: a cycle of seconds runs in
 * milliseconds.
 */
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
  /** Sum of all pauses. Timers count attended time, which excludes them. */
  private pausedMs = 0;
  private readonly listeners = new Set<(pause: HostPause) => void>();

  nowMs(): number {
    return this.ms;
  }

  nowNs(): number {
    return this.ms * 1e6;
  }

  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.ms;
  }

  onPause(listener: (pause: HostPause) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Pauses the bench: the clock advances, and no timer does. */
  pause(ms: number): void {
    const atMs = this.ms;
    this.ms += ms;
    this.pausedMs += ms;
    for (const listener of this.listeners) listener({ atMs, ms });
  }

  timer(ms: number, fn: () => void): () => void {
    return this.after(ms, fn);
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { atMs: this.ms - this.pausedMs + Math.max(0, ms), order: this.order++, fn };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((t) => t !== timer);
    };
  }

  /** Runs timers until `promise` is fulfilled or rejected. Throws when no timer is left that could end it. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let hasEnded = false;
    const watched = promise.finally(() => {
      hasEnded = true;
    });
    watched.catch(() => undefined);
    for (;;) {
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
      if (hasEnded) return watched;
      const next = this.timers.sort((a, b) => a.atMs - b.atMs || a.order - b.order).shift();
      if (next === undefined) throw new Error('stuck: no timer is armed and the promise is still pending');
      this.ms = Math.max(this.ms, next.atMs + this.pausedMs);
      next.fn();
    }
  }
}
