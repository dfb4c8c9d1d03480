/**
 * What the history knows of each block of an area, in pages of 32 blocks (128 KiB of the area). A page gets memory when
 * one of its blocks leaves the base state: update 0 is durable, and no later update was issued. So memory follows what
 * was written and not the size of the area. A page is small because random 4 KiB writes touch a page each.
 *
 *   block ─► page number ─► slot (PageIndex) ─► slab of 8192 pages ─► cell of 32 bytes, half a cache line:
 *
 *      0 durable   8 issued   16 acknowledged (P) or overwrittenBefore (S)   24 damaged   25 marks
 *
 * A block in the base state has no marks, so a page without memory and a page of such blocks mean the same.
 */
import type { StorageArea } from '../../base/areas.js';
import { NO_PAGE, PageIndex } from './pageIndex.js';

const PAGE_SHIFT = 5;
export const PAGE_BLOCKS = 1 << PAGE_SHIFT;
const SLAB_SHIFT = 13;
/**
 * Pages whose memory is allocated together: 8 MiB. The kernel provides it as it is written. Few slabs stay in the cache
 * of the processor.
 */
const SLAB_PAGES = 1 << SLAB_SHIFT;

/** Doubles of a cell. */
export const CELL_DOUBLES = 4;
export const ISSUED = 1;
/** Of P. */
export const ACKNOWLEDGED = 2;
/** Of S: a copy has overwritten the completed writes before this position, so a flush makes none of them durable. */
export const OVERWRITTEN_BEFORE = 2;
/** Bytes of a cell, counted from its start. */
export const DAMAGED_BYTE = 24;
export const MARKS_BYTE = 25;

/** What a block must hold and may hold. */
export interface BlockState {
  /** Newest update that must survive. */
  durable: number;
  /** Newest update that may be found. */
  issued: number;
  /** One bit a sector: an earlier pass of the judge found it wrong, and no durable write has replaced it since. */
  damaged: number;
  /** BLOCK_MARK bits. */
  marks: number;
  /** Newest update that was acknowledged to the application; 0 on S. */
  acknowledged: number;
}

/** Cells of 8192 pages. */
export class Slab {
  readonly doubles = new Float64Array(SLAB_PAGES * PAGE_BLOCKS * CELL_DOUBLES);
  /** The same memory. */
  readonly bytes = new Uint8Array(this.doubles.buffer);
}

/** The first block after the page of `block`, but at most `end`. */
export function pageEnd(block: number, end: number): number {
  return Math.min(block - (block & (PAGE_BLOCKS - 1)) + PAGE_BLOCKS, end);
}

/** Index in `Slab.doubles` of the cell of a block whose page is in `slot`; in `Slab.bytes` it is eight times that. */
export function cellOf(slot: number, block: number): number {
  return ((slot & (SLAB_PAGES - 1)) * PAGE_BLOCKS + (block & (PAGE_BLOCKS - 1))) * CELL_DOUBLES;
}

export class BlockPages {
  private readonly area: StorageArea;
  private readonly index = new PageIndex();
  private readonly slabs: Slab[] = [];
  /** By slot: the page's number. */
  private readonly numbers: number[] = [];

  constructor(area: StorageArea) {
    this.area = area;
  }

  /** Pages that have memory. */
  get pageCount(): number {
    return this.index.size;
  }

  /** Slot of the page of a block, or NO_PAGE: all of its blocks are in the base state. */
  find(block: number): number {
    return this.index.find(pageOf(block));
  }

  /** Slot of the page of a block, which gets memory if it has none. */
  ensure(block: number): number {
    const found = this.index.find(pageOf(block));
    return found === NO_PAGE ? this.add(pageOf(block)) : found;
  }

  private add(page: number): number {
    const slot = this.index.add(page);
    this.numbers.push(page);
    if (slot % SLAB_PAGES === 0) this.slabs.push(new Slab());
    return slot;
  }

  slab(slot: number): Slab {
    return this.slabs[slot >>> SLAB_SHIFT]!;
  }

  /** Copies the state of a block into `into`. */
  read(block: number, into: BlockState): void {
    const slot = this.find(block);
    if (slot === NO_PAGE) {
      into.durable = into.issued = into.damaged = into.marks = into.acknowledged = 0;
      return;
    }
    const { doubles, bytes } = this.slab(slot);
    const c = cellOf(slot, block);
    into.durable = doubles[c]!;
    into.issued = doubles[c + ISSUED]!;
    into.acknowledged = this.area === 'primary' ? doubles[c + ACKNOWLEDGED]! : 0;
    into.damaged = bytes[8 * c + DAMAGED_BYTE]!;
    into.marks = bytes[8 * c + MARKS_BYTE]!;
  }

  /** Of a block of S. */
  overwrittenBefore(block: number): number {
    const slot = this.area === 'primary' ? NO_PAGE : this.find(block);
    return slot === NO_PAGE ? 0 : this.slab(slot).doubles[cellOf(slot, block) + OVERWRITTEN_BEFORE]!;
  }

  /** First block of each page that has memory, ascending. */
  firstBlocks(): Float64Array {
    return Float64Array.from(this.numbers, (page) => page * PAGE_BLOCKS).sort();
  }
}

/** Blocks of areas up to 8 TiB have 31 bits, and a shift is faster than a division. */
function pageOf(block: number): number {
  return block < 2 ** 31 ? block >> PAGE_SHIFT : Math.floor(block / PAGE_BLOCKS);
}
