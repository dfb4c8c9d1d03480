/**
 * Both copies of the log ring after one look at every place: which block is there, or what is wrong with it. Keeps a few
 * numbers a place, no records: what recovery replays it reads again.
 */
import { BLOCK_KIND, openBlock, type JournalIdentity } from './block.js';
import { UNREADABLE } from './findings.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, RECORDS_PER_BLOCK, UNIT_BYTES, type JournalLayout } from './layout.js';
import { decodeLogBlock, type LogBlock } from './logBlock.js';
import { Salvage, type JournalReader, type Piece } from './salvage.js';

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

/**
 * The decision table of the log: what recovery makes of block s from what the two copies hold in its place. A copy is
 * `valid` (it has block s), `older` (it has a block of an earlier lap: block s was never written there, or that write was
 * lost), or `invalid` (corrupt, unreadable, misplaced, of another rig: it says nothing).
 *
 *   the copies hold                       | s in T … H               | s is the block behind H
 *   --------------------------------------+--------------------------+-------------------------------------------------
 *   valid    and anything                 | take it                  | take it: the log goes on
 *   older    and older                    | lost, unless it is empty | end: it was never durable
 *   older    and invalid                  | lost, unless it is empty | end: the older copy tells that it was never durable
 *   invalid  and invalid, s was empty     | pass: nothing is lost    | pass: nothing is lost
 *   invalid  and invalid, its unit torn   | lost                     | end: a commit that was under way, torn in both copies
 *   invalid  and invalid, else            | lost                     | lost: it may have been durable
 *
 *   any other place                       | costs nothing: no evidence is there, whatever its copies hold
 *
 * `T … H` is where evidence is: a valid block says that all up to D were durable, H is D and what follows it, and H's
 * tail is T. `lost`: which regions the block named can't be told, so every region is dirty (R12). `empty`: the block
 * before it in its unit is not full, so it held no record. `its unit torn`: a copy of some block of the unit is older, so
 * the commit that the unit belongs to was not durable in both copies, and no data was submitted on its word.
 *
 * Not promised: when the *newest* commit was lost by one copy although that copy reported it durable, and is damaged in
 * the other, what is left looks like a commit that was never made. Two faults of the device; the judge's comparison of P
 * and S finds what became of it.
 */
/** `take`: its records count. `pass`: it held none. `end`: the log ends before it. `lost`: everything is dirty. */
export type Decision = 'take' | 'pass' | 'end' | 'lost';

export class LogTable {
  protected readonly ring: Ring;

  constructor(ring: Ring) {
    this.ring = ring;
  }

  /** Block s of T … H. */
  needed(s: number): Exclude<Decision, 'end'> {
    if (this.ring.has(s)) return 'take';
    return this.ring.heldNoRecord(s) ? 'pass' : 'lost';
  }

  /** The block behind the last one that is there. */
  next(s: number): Decision {
    const { ring } = this;
    if (ring.has(s)) return 'take';
    if (ring.state(0, s) === 'older' || ring.state(1, s) === 'older') return 'end';
    if (ring.heldNoRecord(s)) return 'pass';
    return ring.unitWasNeverDurable(s) ? 'end' : 'lost';
  }
}
