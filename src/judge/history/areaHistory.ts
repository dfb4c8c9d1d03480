/**
 * What one area owes: per 4 KiB block the newest update that must be on the medium and the newest that may be.
 *
 *      id:   0 … 11   12 … 17   18 …
 *            lost     legal     impossible          durable = 12, issued = 17
 *
 * Overlapping updates are never in flight together (R13), so within a block ids order the versions. The arrays are as
 * long as the device has blocks; the kernel backs with memory only what is written to.
 */
import { JudgeError } from '../errors.js';
import { PendingWrites } from './pendingWrites.js';

/** Bits of `marks`. */
export const BLOCK_MARK = {
  /** A write or a copy was issued to the block since it was last settled. */
  touched: 1,
  /** What it owes was made durable by FUA, not by a flush. */
  fua: 2,
} as const;

export class AreaHistory {
  /** Newest update that must survive. */
  readonly durable: Float64Array;
  /** Newest update that may be found. */
  readonly issued: Float64Array;
  /** One bit a sector: found wrong by an earlier judgement and not durably rewritten since. */
  readonly damaged: Uint8Array;
  /** BLOCK_MARK bits. */
  readonly marks: Uint8Array;
  /** Completed writes before this position were overwritten by a copy: a flush no longer vouches for them here. */
  private readonly overwrittenBefore: Float64Array;
  private readonly pending = new PendingWrites();
  /** Writes in flight: how many pieces of each update. */
  private inFlight = new Map<number, number>();
  /** In flight when the power epoch ended: whatever they answer, no later flush vouches for them. */
  private readonly orphans = new Map<number, number>();
  /**
   * Flushes in flight: the position before which they cover what is pending. Positions are never reused, so a flush of
   * an ended epoch covers nothing by itself.
   */
  private readonly flushes = new Map<number, number>();
  private nextToken = 1;

  constructor(blockCount: number) {
    this.durable = new Float64Array(blockCount);
    this.issued = new Float64Array(blockCount);
    this.damaged = new Uint8Array(blockCount);
    this.marks = new Uint8Array(blockCount);
    this.overwrittenBefore = new Float64Array(blockCount);
  }

  issue(updateId: number, firstBlock: number, blockCount: number): void {
    this.inFlight.set(updateId, (this.inFlight.get(updateId) ?? 0) + 1);
    for (let b = firstBlock; b < firstBlock + blockCount; b++) {
      if (this.issued[b]! < updateId) this.issued[b] = updateId;
      this.marks[b]! |= BLOCK_MARK.touched;
    }
  }

  complete(updateId: number, firstBlock: number, blockCount: number, ok: boolean): void {
    const sameEpoch = this.land(updateId);
    if (!ok) this.endEpoch();
    else if (sameEpoch) this.pending.push(updateId, firstBlock, blockCount);
  }

  completeDurable(updateId: number, firstBlock: number, blockCount: number): void {
    this.land(updateId);
    this.makeDurable(updateId, firstBlock, blockCount, BLOCK_MARK.fua);
  }

  /** A copy with versions `durable … issued` is laid over the block; until it is durable, the old content may remain. */
  overwrite(block: number, durable: number, issued: number, damaged: number): void {
    this.durable[block] = Math.min(this.durable[block]!, durable);
    this.issued[block] = Math.max(this.issued[block]!, issued);
    this.damaged[block]! |= damaged;
    this.marks[block]! |= BLOCK_MARK.touched;
    this.overwrittenBefore[block] = this.pending.tail;
  }

  submitFlush(): number {
    const token = this.nextToken++;
    this.flushes.set(token, this.pending.tail);
    return token;
  }

  completeFlush(token: number, ok: boolean): void {
    const until = this.flushes.get(token);
    if (until === undefined) {
      throw new JudgeError('HISTORY_MISFED', `flush ${token} completed but is not in flight`, { token });
    }
    this.flushes.delete(token);
    if (!ok) this.endEpoch();
    else this.pending.takeUntil(until, (id, first, count, at) => this.flushed(id, first, count, at));
  }

  /** Completed and not flushed, in flight, or being flushed: none of it becomes due any more. */
  endEpoch(): void {
    this.pending.clear();
    for (const [id, pieces] of this.inFlight) this.orphans.set(id, (this.orphans.get(id) ?? 0) + pieces);
    this.inFlight = new Map();
  }

  /** Nothing that was issued has still to be reported. */
  get atRest(): boolean {
    return this.inFlight.size + this.orphans.size + this.flushes.size === 0;
  }

  /** The devices were closed: what was in flight is never reported. */
  forgetInFlight(): void {
    this.inFlight.clear();
    this.orphans.clear();
    this.flushes.clear();
  }

  /** The number of the next flush. */
  get token(): number {
    return this.nextToken;
  }

  /** As it stood when a checkpoint was taken of it; see historyCheckpoint.ts. */
  restoreToken(token: number): void {
    this.nextToken = token;
  }

  restoreBlocks(firstBlock: number, blockCount: number, durable: number, issued: number, damaged: number): void {
    const end = firstBlock + blockCount;
    this.durable.fill(durable, firstBlock, end);
    this.issued.fill(issued, firstBlock, end);
    this.damaged.fill(damaged, firstBlock, end);
  }

  restoreMarks(firstBlock: number, blockCount: number, marks: number): void {
    this.marks.fill(marks, firstBlock, firstBlock + blockCount);
  }

  restorePending(updateId: number, firstBlock: number, blockCount: number): void {
    this.pending.push(updateId, firstBlock, blockCount);
  }

  /** Writes that a flush would make durable, in order, without the blocks in which a copy has overwritten them. */
  pendingRuns(show: (updateId: number, firstBlock: number, blockCount: number) => void): void {
    this.pending.forEach((id, first, count, at) => {
      let from = first;
      for (let b = first; b <= first + count; b++) {
        if (b < first + count && at >= this.overwrittenBefore[b]!) continue;
        if (b > from) show(id, from, b - from);
        from = b + 1;
      }
    });
  }

  /** One piece of the update is no longer in flight. Returns false when it was submitted in an earlier epoch. */
  private land(updateId: number): boolean {
    for (const set of [this.orphans, this.inFlight]) {
      const pieces = set.get(updateId);
      if (pieces === undefined) continue;
      if (pieces === 1) set.delete(updateId);
      else set.set(updateId, pieces - 1);
      return set === this.inFlight;
    }
    throw new JudgeError('HISTORY_MISFED', `update ${updateId} completed but is not in flight`, { updateId });
  }

  private flushed(updateId: number, firstBlock: number, blockCount: number, position: number): void {
    for (let b = firstBlock; b < firstBlock + blockCount; b++) {
      if (position >= this.overwrittenBefore[b]!) this.makeDurable(updateId, b, 1, 0);
    }
  }

  private makeDurable(updateId: number, firstBlock: number, blockCount: number, how: number): void {
    for (let b = firstBlock; b < firstBlock + blockCount; b++) {
      this.damaged[b] = 0;
      if (this.durable[b]! >= updateId) continue;
      this.durable[b] = updateId;
      this.marks[b] = (this.marks[b]! & ~BLOCK_MARK.fua) | how;
    }
  }
}
