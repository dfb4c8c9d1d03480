/**
 * Resync copies under way: how much of each region is on S, which buffer the copy uses, and the judge's history of them.
 * A copy moves its region in parts of `copyBytes`; it is durable on S at once (FUA) or with the flush that covers it (R4).
 */
import { IndexPool } from '../tracker/core/pool.js';
import type { HistoryFeed } from '../judge/history/feed.js';

interface Copy {
  offset: number;
  length: number;
}

/** Slots by their ordinal; bytes from the region's start. */
export class Copies {
  private readonly history: HistoryFeed | null;
  private readonly copyBytes: number;
  private readonly copied: Float64Array;
  private readonly buffer: Int32Array;
  private readonly buffers: IndexPool;
  /** Completed, and covered by the flush under way. */
  private waiting: Copy[] = [];
  private covered: Copy[] = [];

  constructor(slots: number, depth: number, copyBytes: number, history: HistoryFeed | null) {
    this.history = history;
    this.copyBytes = copyBytes;
    this.copied = new Float64Array(slots);
    this.buffer = new Int32Array(slots);
    this.buffers = new IndexPool(depth);
  }

  begin(slot: number): void {
    this.copied[slot] = 0;
    this.buffer[slot] = this.buffers.take();
  }

  /** The part under way: where it begins, its length, and its buffer. */
  part(slot: number, length: number): { start: number; bytes: number; buffer: number } {
    const start = this.copied[slot];
    return { start, bytes: Math.min(this.copyBytes, length - start), buffer: this.buffer[slot] };
  }

  /** The part under way ends the region. */
  isLast(slot: number, length: number): boolean {
    return this.copied[slot] + this.copyBytes >= length;
  }

  /** The part under way is written: the next one begins behind it. */
  next(slot: number): void {
    this.copied[slot] += this.copyBytes;
  }

  /** The copy is over; `written` is null when it failed. */
  end(slot: number, written: Copy | null, durable: boolean): void {
    this.buffers.give(this.buffer[slot]);
    if (written === null) return;
    if (durable) this.history?.copyDurable(written.offset, written.length);
    else this.waiting.push(written);
  }

  flushSubmitted(): void {
    this.covered = this.waiting.splice(0);
  }

  flushEnded(ok: boolean): void {
    if (ok) for (const c of this.covered) this.history?.copyDurable(c.offset, c.length);
    this.covered = [];
  }

  /** What no flush has covered is not durable. */
  powerLost(): void {
    this.waiting = this.covered = [];
  }
}
