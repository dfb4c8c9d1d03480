/**
 * The history of one area: for each 4 KiB block the newest update that must be on the medium and the newest that may
 * be.
 *
 *      id found:   0 … 11   12 … 17   18 …
 *                  lost     legal     impossible          durable = 12, issued = 17
 *
 * Overlapping updates are never in flight together (R13), so a higher id within a block is a newer version. Blocks that
 * were never written take no memory (blockPages.ts).
 */
import type { StorageArea } from '../../base/areas.js';
import { JudgeError } from '../errors.js';
import {
  ACKNOWLEDGED,
  BlockPages,
  CELL_DOUBLES,
  cellOf,
  DAMAGED_BYTE,
  ISSUED,
  MARKS_BYTE,
  OVERWRITTEN_BEFORE,
  pageEnd,
  type BlockState,
  type Slab,
} from './blockPages.js';
import type { CopySnapshot } from './copySnapshot.js';
import { NO_PAGE } from './pageIndex.js';
import { PendingWrites } from './pendingWrites.js';
import { WritesInFlight } from './writesInFlight.js';

/** Bits of `marks`. */
export const BLOCK_MARK = {
  /** A write or a copy was issued to the block since the judge last adopted its content. */
  touched: 1,
  /** The durable update became durable by FUA, not by a flush. */
  fua: 2,
} as const;

export class AreaHistory {
  private readonly area: StorageArea;
  private readonly pages: BlockPages;
  private readonly pending = new PendingWrites();
  private readonly inFlight = new WritesInFlight();
  /**
   * Flushes in flight, by token: the flush covers the pending writes before this position. `endEpoch` empties the
   * queue and positions are never reused, so a flush of an ended epoch covers nothing.
   */
  private readonly flushes = new Map<number, number>();
  private nextToken = 1;
  private readonly takeFlushed = (id: number, first: number, count: number, at: number): void =>
    this.makeDurable(id, first, count, 0, at);

  constructor(area: StorageArea) {
    this.area = area;
    this.pages = new BlockPages(area);
  }

  /** Pages of `PAGE_BLOCKS` blocks that have memory. */
  get pageCount(): number {
    return this.pages.pageCount;
  }

  /** First block of each page that has memory, ascending: every block outside these pages is in the base state. */
  firstBlocks(): Float64Array {
    return this.pages.firstBlocks();
  }

  /** Copies what the block must hold and may hold into `into`. */
  read(block: number, into: BlockState): void {
    this.pages.read(block, into);
  }

  issue(updateId: number, firstBlock: number, blockCount: number): void {
    this.inFlight.add(updateId);
    const end = firstBlock + blockCount;
    for (let b = firstBlock; b < end;) {
      const slot = this.pages.ensure(b);
      const { doubles, bytes } = this.pages.slab(slot);
      let c = cellOf(slot, b);
      for (const stop = pageEnd(b, end); b < stop; b++, c += CELL_DOUBLES) {
        if (doubles[c + ISSUED]! < updateId) doubles[c + ISSUED] = updateId;
        bytes[8 * c + MARKS_BYTE]! |= BLOCK_MARK.touched;
      }
    }
  }

  complete(updateId: number, firstBlock: number, blockCount: number, ok: boolean): void {
    const sameEpoch = this.inFlight.remove(updateId);
    if (!ok) this.endEpoch();
    else if (sameEpoch) this.pending.push(updateId, firstBlock, blockCount);
  }

  completeDurable(updateId: number, firstBlock: number, blockCount: number): void {
    this.inFlight.remove(updateId);
    this.makeDurable(updateId, firstBlock, blockCount, BLOCK_MARK.fua, Infinity);
  }

  /** Lists the blocks that are not in the base state, with what they must hold and may hold. */
  snapshot(firstBlock: number, blockCount: number, into: CopySnapshot): void {
    into.begin(blockCount);
    this.eachCell(firstBlock, blockCount, ({ doubles, bytes }, c, block) => {
      const damaged = bytes[8 * c + DAMAGED_BYTE]!;
      if (doubles[c + ISSUED] !== 0 || damaged !== 0) into.add(block, doubles[c]!, doubles[c + ISSUED]!, damaged);
    });
  }

  /** Resync writes the content of P over these blocks. Until it is durable, the old content may remain. */
  overwrite(firstBlock: number, blockCount: number, ofPrimary: CopySnapshot): void {
    for (let k = 0; k < ofPrimary.size; k++) this.pages.ensure(ofPrimary.blocks[k]!);
    let next = 0;
    this.eachCell(firstBlock, blockCount, ({ doubles, bytes }, c, block) => {
      const k = ofPrimary.blocks[next] === block && next < ofPrimary.size ? next++ : -1;
      const issued = k === -1 ? 0 : ofPrimary.issued[k]!;
      const damaged = k === -1 ? 0 : ofPrimary.damaged[k]!;
      const wasBase = doubles[c + ISSUED] === 0 && bytes[8 * c + DAMAGED_BYTE] === 0;
      if (wasBase && issued === 0 && damaged === 0) return;
      doubles[c] = Math.min(doubles[c]!, k === -1 ? 0 : ofPrimary.durable[k]!);
      doubles[c + ISSUED] = Math.max(doubles[c + ISSUED]!, issued);
      bytes[8 * c + DAMAGED_BYTE]! |= damaged;
      bytes[8 * c + MARKS_BYTE]! |= BLOCK_MARK.touched;
      doubles[c + OVERWRITTEN_BEFORE] = this.pending.tail;
    });
  }

  /** The copy of these blocks is durable: they hold what P held when it was read. */
  copied(firstBlock: number, blockCount: number, ofPrimary: CopySnapshot): void {
    let next = 0;
    this.eachCell(firstBlock, blockCount, ({ doubles, bytes }, c, block) => {
      const k = ofPrimary.blocks[next] === block && next < ofPrimary.size ? next++ : -1;
      doubles[c] = k === -1 ? 0 : ofPrimary.durable[k]!;
      bytes[8 * c + DAMAGED_BYTE] = k === -1 ? 0 : ofPrimary.damaged[k]!;
      const isBase = doubles[c + ISSUED] === 0 && bytes[8 * c + DAMAGED_BYTE] === 0;
      if (isBase) bytes[8 * c + MARKS_BYTE] = 0;
    });
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
    else this.pending.takeUntil(until, this.takeFlushed);
  }

  /** Power was lost: writes that wait for a flush, are in flight or are being flushed need not survive. */
  endEpoch(): void {
    this.pending.clear();
    this.inFlight.endEpoch();
  }

  /** The update was acknowledged to the application. Of P only. */
  acknowledge(updateId: number, firstBlock: number, blockCount: number): void {
    const end = firstBlock + blockCount;
    for (let b = firstBlock; b < end;) {
      const slot = this.pages.ensure(b);
      const { doubles } = this.pages.slab(slot);
      let c = cellOf(slot, b);
      for (const stop = pageEnd(b, end); b < stop; b++, c += CELL_DOUBLES)
        if (doubles[c + ACKNOWLEDGED]! < updateId) doubles[c + ACKNOWLEDGED] = updateId;
    }
  }

  /** From now on the block must hold one of these versions, and its damage is known. */
  adopt(block: number, durable: number, issued: number, damaged: number): void {
    const isBase = issued === 0 && damaged === 0;
    const slot = isBase ? this.pages.find(block) : this.pages.ensure(block);
    if (slot === NO_PAGE) return;
    const { doubles, bytes } = this.pages.slab(slot);
    const c = cellOf(slot, block);
    doubles[c] = durable;
    doubles[c + ISSUED] = issued;
    bytes[8 * c + DAMAGED_BYTE] = damaged;
    bytes[8 * c + MARKS_BYTE] = 0;
    if (this.area === 'primary') doubles[c + ACKNOWLEDGED] = Math.min(doubles[c + ACKNOWLEDGED]!, durable);
  }

  /** No write and no flush is in flight. */
  get atRest(): boolean {
    return this.inFlight.isEmpty && this.flushes.size === 0;
  }

  /** The devices were closed: I/O in flight is never reported as completed. */
  forgetInFlight(): void {
    this.inFlight.clear();
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
    for (let b = firstBlock; b < end; b++) this.adopt(b, durable, issued, damaged);
  }

  /** Marks of blocks in the base state mean nothing: a checkpoint of an earlier version may have some. */
  restoreMarks(firstBlock: number, blockCount: number, marks: number): void {
    this.eachCell(firstBlock, blockCount, ({ doubles, bytes }, c) => {
      if (doubles[c + ISSUED] !== 0 || bytes[8 * c + DAMAGED_BYTE] !== 0) bytes[8 * c + MARKS_BYTE] = marks;
    });
  }

  restorePending(updateId: number, firstBlock: number, blockCount: number): void {
    this.pending.push(updateId, firstBlock, blockCount);
  }

  /** Shows the writes that a flush would make durable, oldest first, without blocks that a copy has overwritten. */
  pendingRuns(show: (updateId: number, firstBlock: number, blockCount: number) => void): void {
    this.pending.forEach((id, first, count, at) => {
      let from = first;
      for (let b = first; b <= first + count; b++) {
        if (b < first + count && at >= this.pages.overwrittenBefore(b)) continue;
        if (b > from) show(id, from, b - from);
        from = b + 1;
      }
    });
  }

  /** @param position of the write among the pending ones; a copy may have overwritten those before it. */
  private makeDurable(updateId: number, firstBlock: number, blockCount: number, how: number, position: number): void {
    const mayBeOverwritten = this.area === 'secondary';
    const end = firstBlock + blockCount;
    for (let b = firstBlock; b < end;) {
      const slot = this.pages.ensure(b);
      const { doubles, bytes } = this.pages.slab(slot);
      let c = cellOf(slot, b);
      for (const stop = pageEnd(b, end); b < stop; b++, c += CELL_DOUBLES) {
        if (mayBeOverwritten && position < doubles[c + OVERWRITTEN_BEFORE]!) continue;
        bytes[8 * c + DAMAGED_BYTE] = 0;
        if (doubles[c]! >= updateId) continue;
        doubles[c] = updateId;
        bytes[8 * c + MARKS_BYTE] = (bytes[8 * c + MARKS_BYTE]! & ~BLOCK_MARK.fua) | how;
      }
    }
  }

  /** Shows the cells of the blocks whose pages have memory, ascending. */
  private eachCell(
    firstBlock: number,
    blockCount: number,
    show: (slab: Slab, cell: number, block: number) => void,
  ): void {
    const end = firstBlock + blockCount;
    for (let b = firstBlock; b < end; b = pageEnd(b, end)) {
      const slot = this.pages.find(b);
      if (slot === NO_PAGE) continue;
      const slab = this.pages.slab(slot);
      const stop = pageEnd(b, end);
      for (let block = b, c = cellOf(slot, b); block < stop; block++, c += CELL_DOUBLES) show(slab, c, block);
    }
  }
}
