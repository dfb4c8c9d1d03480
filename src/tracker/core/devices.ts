/** The device indices of P, S and J, and the power epoch that the core keeps of each device (R4). */

export const PRIMARY = 0;
export const SECONDARY = 1;
export const JOURNAL = 2;
export type StorageAreaIndex = typeof PRIMARY | typeof SECONDARY;
export type DeviceIndex = typeof PRIMARY | typeof SECONDARY | typeof JOURNAL;

/**
 * The completed writes of one device that a flush may still make durable.
 *
 * A flush covers the writes that had completed when it was *submitted*. An error, a reset, a disappearance or a power
 * loss ends the epoch: writes that completed and that no flush has covered are lost, and a flush in flight covers
 * nothing, even if it succeeds.
 */
export class PowerEpoch {
  /** Tickets of completed writes that no flush has covered, in order of completion. */
  private tickets: number[] = [];
  private head = 0;
  /** How many of the waiting tickets the flush in flight covers; -1: no flush is in flight. */
  private covered = -1;
  private firstCompletedMs = 0;

  get pending(): number {
    return this.tickets.length - this.head;
  }

  get flushing(): boolean {
    return this.covered >= 0;
  }

  /** When the oldest write that the flush in flight does not cover completed. */
  get pendingSinceMs(): number {
    return this.firstCompletedMs;
  }

  /** Writes that completed after the flush in flight was submitted; all of them when no flush is in flight. */
  get uncovered(): number {
    return this.pending - Math.max(0, this.covered);
  }

  completed(ticket: number, nowMs: number): void {
    if (this.uncovered === 0) this.firstCompletedMs = nowMs;
    this.tickets.push(ticket);
  }

  flushSubmitted(nowMs: number): void {
    this.covered = this.pending;
    this.firstCompletedMs = nowMs;
  }

  /** The flush in flight has succeeded: removes the next ticket that it covers; -1 when all are taken. */
  takeCovered(): number {
    if (this.covered <= 0) {
      this.covered = -1;
      return -1;
    }
    this.covered--;
    return this.take();
  }

  /** The epoch has ended: removes the next ticket that is lost; -1 when all are taken. */
  takeLost(): number {
    this.covered = -1;
    return this.pending === 0 ? -1 : this.take();
  }

  private take(): number {
    const t = this.tickets[this.head++];
    // Compacts rarely, so that the queue neither grows without bound nor is copied at every step.
    if (this.head > 1024 && this.head * 2 > this.tickets.length) {
      this.tickets = this.tickets.slice(this.head);
      this.head = 0;
    } else if (this.head === this.tickets.length) {
      this.tickets.length = 0;
      this.head = 0;
    }
    return t;
  }
}
