/**
 * The history of one area: for each 4 KiB block the newest update that must be on the medium and the newest that may
 * be.
 *
 *      id found:   0 … 11   12 … 17   18 …
 *                  lost     legal     impossible          durable = 12, issued = 17
 *
 * Overlapping updates are never in flight together (R13), so a higher id within a block is a newer version. The arrays
 * have one entry for each block of the device; the kernel allocates memory only for the pages that are written.
 */
import { JudgeError } from '../errors.js';

/** Bits of `marks`. */
export const BLOCK_MARK = {
  /** A write or a copy was issued to the block since the judge last adopted its content. */
  touched: 1,
  /** The durable update became durable by FUA, not by a flush. */
  fua: 2,
} as const;

export class AreaHistory {
  /** Newest update that must survive. */
  readonly durable: Float64Array;
  /** Newest update that may be found. */
  readonly issued: Float64Array;
  /** One bit a sector: an earlier pass of the judge found it wrong, and no durable write has replaced it since. */
  readonly damaged: Uint8Array;
  /** BLOCK_MARK bits. */
  readonly marks: Uint8Array;
  /** A copy has overwritten the completed writes before this position: a flush makes none of them durable here. */
  private readonly overwrittenBefore: Float64Array;
  private readonly pending = new PendingWrites();
  /** Writes in flight: the number of pieces of each update. */
  private inFlight = new Map<number, number>();
  /** Writes in flight when the power epoch ended. Even if they complete, no later flush makes them durable. */
  private readonly orphans = new Map<number, number>();
  /**
   * Flushes in flight, by token: the flush covers the pending writes before this position. `endEpoch` empties the
   * queue and positions are never reused, so a flush of an ended epoch covers nothing.
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

  /**
   * Resync copies versions `durable … issued` over the block. Until the copy is durable, the old content may remain.
   */
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

  /** Power was lost: writes that wait for a flush, are in flight or are being flushed need not survive. */
  endEpoch(): void {
    this.pending.clear();
    for (const [id, pieces] of this.inFlight) this.orphans.set(id, (this.orphans.get(id) ?? 0) + pieces);
    this.inFlight = new Map();
  }

  /** No write and no flush is in flight. */
  get atRest(): boolean {
    return this.inFlight.size + this.orphans.size + this.flushes.size === 0;
  }

  /** The devices were closed: I/O in flight is never reported as completed. */
  forgetInFlight(): void {
    this.inFlight.clear();
    this.orphans.clear();
    this.flushes.clear();
  }

  /** The token of the next flush. */
  get token(): number {
    return this.nextToken;
  }

  /** `restore…`: the state that a checkpoint recorded (replay.ts). */
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

  /** Shows the writes that a flush would make durable, oldest first, without blocks that a copy has overwritten. */
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

  /** One piece of the update is no longer in flight. Returns false if it was submitted in an earlier epoch. */
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

const INITIAL_CAPACITY = 1024;

/**
 * Completed writes of one area that wait for a flush, in order of completion. A growing ring of typed arrays, so that a
 * long load allocates no objects. Positions count from the first write ever pushed and are never reused.
 */
class PendingWrites {
  private ids = new Float64Array(INITIAL_CAPACITY);
  private firstBlocks = new Float64Array(INITIAL_CAPACITY);
  private blockCounts = new Float64Array(INITIAL_CAPACITY);
  private headPosition = 0;
  private tailPosition = 0;

  /** The position of the next write: all writes completed so far lie before it. */
  get tail(): number {
    return this.tailPosition;
  }

  push(updateId: number, firstBlock: number, blockCount: number): void {
    if (this.tailPosition - this.headPosition === this.ids.length) this.grow();
    const slot = this.tailPosition % this.ids.length;
    this.ids[slot] = updateId;
    this.firstBlocks[slot] = firstBlock;
    this.blockCounts[slot] = blockCount;
    this.tailPosition++;
  }

  /** Removes the writes before `position`, oldest first; `at` is the position of the write. */
  takeUntil(
    position: number,
    take: (updateId: number, firstBlock: number, blockCount: number, at: number) => void,
  ): void {
    for (; this.headPosition < position; this.headPosition++) {
      const slot = this.headPosition % this.ids.length;
      take(this.ids[slot]!, this.firstBlocks[slot]!, this.blockCounts[slot]!, this.headPosition);
    }
  }

  /** Shows every pending write, oldest first. */
  forEach(show: (updateId: number, firstBlock: number, blockCount: number, at: number) => void): void {
    for (let at = this.headPosition; at < this.tailPosition; at++) {
      const slot = at % this.ids.length;
      show(this.ids[slot]!, this.firstBlocks[slot]!, this.blockCounts[slot]!, at);
    }
  }

  /** Removes all: no later flush makes them durable. */
  clear(): void {
    this.headPosition = this.tailPosition;
  }

  private grow(): void {
    const resize = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(old.length * 2);
      for (let p = this.headPosition; p < this.tailPosition; p++) grown[p % grown.length] = old[p % old.length]!;
      return grown;
    };
    this.ids = resize(this.ids);
    this.firstBlocks = resize(this.firstBlocks);
    this.blockCounts = resize(this.blockCounts);
  }
}
