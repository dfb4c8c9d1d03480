/**
 * Both copies of the log ring after one look at every place: which block is there, or what is wrong with it. Keeps a few
 * numbers a place, no records: what recovery replays it reads again.
 */
import type { JournalIdentity } from './block.js';
import { BLOCK_KIND, openBlock } from './block.js';
import { UNREADABLE } from './findings.js';
import type { JournalLayout } from './layout.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, RECORDS_PER_BLOCK, UNIT_BYTES } from './layout.js';
import type { LogBlock } from './logBlock.js';
import { decodeLogBlock } from './logBlock.js';
import type { JournalReader, Piece } from './salvage.js';
import { Salvage } from './salvage.js';

/** What stands at a place of one copy of the ring: the block (its header alone is enough), or what is wrong with it. */
export type PlaceReader = (copy: 0 | 1, place: number, headerOnly?: boolean) => LogBlock | string;

/** What one copy holds at the place of block s: that block, one of an earlier lap, or nothing that can be believed. */
export type CopyState = 'valid' | 'older' | 'invalid';

const INVALID = -1;
export const COPIES = [0, 1] as const;

export class Ring {
  readonly layout: JournalLayout;
  /** Per copy and place: the block's number, or INVALID. */
  private readonly sequence: readonly [Float64Array, Float64Array];
  /** Per copy and place: which of `problemTexts`; 0: none. */
  private readonly problems: readonly [Uint8Array, Uint8Array];
  private readonly problemTexts = [''];
  /** Of the newer block at each place. */
  private readonly tails: Float64Array;
  private readonly claims: Float64Array;
  private readonly counts: Uint16Array;
  /** The highest block seen anywhere, in flight or not. */
  highest = INVALID;
  /** All blocks up to here were durable: some valid block says so. */
  durable = INVALID;

  constructor(layout: JournalLayout, read: PlaceReader) {
    const n = layout.ringBlocks;
    this.layout = layout;
    this.sequence = [new Float64Array(n).fill(INVALID), new Float64Array(n).fill(INVALID)];
    this.problems = [new Uint8Array(n), new Uint8Array(n)];
    this.tails = new Float64Array(n);
    this.claims = new Float64Array(n);
    this.counts = new Uint16Array(n);
    for (const copy of COPIES) for (let place = 0; place < n; place++) this.note(copy, place, read(copy, place, true));
  }

  private note(copy: 0 | 1, place: number, found: LogBlock | string): void {
    if (typeof found === 'string') {
      let text = this.problemTexts.indexOf(found);
      if (text === -1) text = this.problemTexts.push(found) - 1;
      this.problems[copy][place] = text;
      return;
    }
    this.sequence[copy][place] = found.sequence;
    this.highest = Math.max(this.highest, found.sequence);
    this.durable = Math.max(this.durable, found.durableThrough);
    if (found.sequence < this.newest(place)) return;
    this.tails[place] = found.tail;
    this.claims[place] = found.durableThrough;
    this.counts[place] = found.recordCount;
  }

  placeOf(s: number): number {
    return s % this.layout.ringBlocks;
  }

  /** The number of the newer block at the place, or INVALID. */
  private newest(place: number): number {
    return Math.max(this.sequence[0][place], this.sequence[1][place]);
  }

  /** Whether a copy has block s, and no later one stands in its place. */
  has(s: number): boolean {
    return s >= 0 && this.newest(this.placeOf(s)) === s;
  }

  state(copy: 0 | 1, s: number): CopyState {
    const found = this.sequence[copy][this.placeOf(s)];
    return found === s ? 'valid' : found !== INVALID && found < s ? 'older' : 'invalid';
  }

  /** The number of what the copy holds in the place of block s. */
  foundInPlaceOf(copy: 0 | 1, s: number): number {
    return this.sequence[copy][this.placeOf(s)];
  }

  /** What is wrong with the copy's block at the place; null: it is valid. */
  problemAt(copy: 0 | 1, place: number): string | null {
    const text = this.problems[copy][place];
    return text === 0 ? null : this.problemTexts[text];
  }

  /** Of a block that is there. */
  claimOf(s: number): number {
    return this.claims[this.placeOf(s)];
  }

  /** The tail that the newest block up to s says: an older one than block s would have said keeps more evidence, never less. */
  tailUpTo(s: number): number {
    for (let b = s; b >= 0 && b > s - this.layout.ringBlocks; b--) if (this.has(b)) return this.tails[this.placeOf(b)];
    return s;
  }

  /**
   * Whether block s, which neither copy has, held no record: the last block before it in its unit that is there was not
   * full. A unit belongs to one commit, and a commit fills its blocks from the first on.
   */
  heldNoRecord(s: number): boolean {
    const unit = s - (s % BLOCKS_PER_UNIT);
    for (let b = s - 1; b >= unit; b--) if (this.has(b)) return this.counts[this.placeOf(b)] < RECORDS_PER_BLOCK;
    return false;
  }

  /** Whether a copy of some block of the unit of s was never written in this lap: then the unit's commit was not durable. */
  unitWasNeverDurable(s: number): boolean {
    const unit = s - (s % BLOCKS_PER_UNIT);
    for (let b = unit; b < unit + BLOCKS_PER_UNIT; b++)
      for (const copy of COPIES) if (this.state(copy, b) === 'older') return true;
    return false;
  }
}

const READ_BYTES = 256 * UNIT_BYTES;

/** Places from the bytes of a device, read in large pieces: meant to be asked in ascending order. */
export function placesOf(layout: JournalLayout, identity: JournalIdentity, read: JournalReader): PlaceReader {
  const copyBytes = layout.ringBlocks * BLOCK_BYTES;
  const salvage = new Salvage(read);
  const pieces: [Piece | null, Piece | null] = [null, null];
  const starts = [-1, -1];
  return (copy, place, headerOnly = false) => {
    const at = place * BLOCK_BYTES;
    const start = at - (at % READ_BYTES);
    if (start !== starts[copy]) {
      pieces[copy] = salvage.piece(layout.logOffset[copy] + start, Math.min(READ_BYTES, copyBytes - start));
      starts[copy] = start;
    }
    const piece = pieces[copy]!;
    return piece.isRead(at - start)
      ? openPlace(piece.bytes, at - start, copy, place, layout, identity, headerOnly)
      : UNREADABLE;
  };
}

/** The block of place `place`, at `at` in `bytes`; or what is wrong with it. */
export function openPlace(
  bytes: Uint8Array,
  at: number,
  copy: 0 | 1,
  place: number,
  layout: JournalLayout,
  identity: JournalIdentity,
  headerOnly = false,
): LogBlock | string {
  const opened = openBlock(bytes, at, BLOCK_KIND.log, layout.logOffset[copy] + place * BLOCK_BYTES, identity);
  if (!opened.ok) return opened.problem;
  if (opened.sequence % layout.ringBlocks !== place) return 'misplaced';
  return decodeLogBlock(bytes, at, opened.sequence, headerOnly) ?? 'corrupt';
}
