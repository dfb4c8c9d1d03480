/** The three storage areas of a rig, and what the core keeps of each: its power epoch (R4). */

export const PRIMARY = 0;
export const SECONDARY = 1;
export const JOURNAL = 2;
export type DeviceIndex = typeof PRIMARY | typeof SECONDARY | typeof JOURNAL;

/**
 * Which completed writes of one device a flush may still make durable.
 *
 * A flush covers the writes that had completed when it was *submitted*. An error, a reset, a disappearance or a power
 * loss ends the epoch: what was completed and not covered is handed back as lost, and a flush that was under way
 * covers nothing any more, whatever it answers.
 */
export class PowerEpoch {
  /** Completed, not covered: tickets in order of completion. */
  private tickets: number[] = [];
  private head = 0;
  /** How many of the waiting tickets the flush under way covers; -1: none is under way. */
  private covered = -1;
  private firstCompletedMs = 0;

  get pending(): number {
    return this.tickets.length - this.head;
  }

  get flushing(): boolean {
    return this.covered >= 0;
  }

  /** When the oldest write that no flush under way covers completed. */
  get pendingSinceMs(): number {
    return this.firstCompletedMs;
  }

  /** Writes that completed after the flush under way was submitted (all, when none is). */
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

  /** The flush under way has succeeded: takes out the next ticket it covers, or -1 when all are taken. */
  takeCovered(): number {
    if (this.covered <= 0) {
      this.covered = -1;
      return -1;
    }
    this.covered--;
    return this.take();
  }

  /** The epoch has ended: takes out the next ticket that is now lost, or -1 when all are taken. */
  takeLost(): number {
    this.covered = -1;
    return this.pending === 0 ? -1 : this.take();
  }

  private take(): number {
    const t = this.tickets[this.head++];
    // Compact now and then, so that the queue neither grows nor copies on every step.
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
