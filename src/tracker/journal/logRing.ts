/**
 * The state of the log ring after a crash: which block each place of both copies holds, or why it is invalid; and the
 * decision table, what recovery makes of it. Keeps a few numbers per place and no records: recovery reads the blocks
 * that it replays a second time.
 */
import { BLOCK_KIND, openBlock, type JournalIdentity } from './block.js';
import { UNREADABLE } from './findings.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, RECORDS_PER_BLOCK, UNIT_BYTES, type JournalLayout } from './layout.js';
import { decodeLogBlock, type LogBlock } from './logBlock.js';
import { Salvage, type JournalReader, type Piece } from './salvage.js';

/** Reads a place of one copy of the ring: the block (`headerOnly`: without its records), or why it is invalid. */
export type PlaceReader = (copy: 0 | 1, place: number, headerOnly?: boolean) => LogBlock | string;

/** What one copy holds at the place of block s: that block, a block of an earlier lap, or no valid block. */
export type CopyState = 'valid' | 'older' | 'invalid';

const INVALID = -1;
export const COPIES = [0, 1] as const;

export class Ring {
  readonly layout: JournalLayout;
  /** Per copy and place: the block's number, or INVALID. */
  private readonly sequence: readonly [Float64Array, Float64Array];
  /** Per copy and place: index in `problemTexts`; 0: valid. */
  private readonly problems: readonly [Uint8Array, Uint8Array];
  private readonly problemTexts = [''];
  /** Per place, of the newer block: its tail, its "durable through" and its number of records. */
  private readonly tails: Float64Array;
  private readonly durableThrough: Float64Array;
  private readonly counts: Uint16Array;
  /** The highest block in any place, durable or not. */
  highest = INVALID;
  /** The highest "durable through" of any valid block. */
  durable = INVALID;

  constructor(layout: JournalLayout, read: PlaceReader) {
    const n = layout.ringBlocks;
    this.layout = layout;
    this.sequence = [new Float64Array(n).fill(INVALID), new Float64Array(n).fill(INVALID)];
    this.problems = [new Uint8Array(n), new Uint8Array(n)];
    this.tails = new Float64Array(n);
    this.durableThrough = new Float64Array(n);
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
    this.durableThrough[place] = found.durableThrough;
    this.counts[place] = found.recordCount;
  }

  placeOf(s: number): number {
    return s % this.layout.ringBlocks;
  }

  /** The number of the newer block at the place, or INVALID. */
  private newest(place: number): number {
    return Math.max(this.sequence[0][place], this.sequence[1][place]);
  }

  /** Whether a copy has block s, and no copy has a later block in its place. */
  has(s: number): boolean {
    return s >= 0 && this.newest(this.placeOf(s)) === s;
  }

  state(copy: 0 | 1, s: number): CopyState {
    const found = this.sequence[copy][this.placeOf(s)];
    return found === s ? 'valid' : found !== INVALID && found < s ? 'older' : 'invalid';
  }

  /** The number of the block that the copy holds in the place of block s. */
  foundInPlaceOf(copy: 0 | 1, s: number): number {
    return this.sequence[copy][this.placeOf(s)];
  }

  /** Why the copy's block at the place is invalid; null: it is valid. */
  problemAt(copy: 0 | 1, place: number): string | null {
    const text = this.problems[copy][place];
    return text === 0 ? null : this.problemTexts[text];
  }

  /** "Durable through" of block s, which a copy has. */
  durableThroughOf(s: number): number {
    return this.durableThrough[this.placeOf(s)];
  }

  /**
   * The tail of the newest block up to s. If block s itself is missing, an older tail keeps more evidence, never less.
   */
  tailUpTo(s: number): number {
    for (let b = s; b >= 0 && b > s - this.layout.ringBlocks; b--) if (this.has(b)) return this.tails[this.placeOf(b)];
    return s;
  }

  /**
   * Whether block s, which neither copy has, held no record. That is so when the nearest earlier block of its unit is
   * not full: a unit belongs to one commit, and a commit fills its blocks from the first on.
   */
  heldNoRecord(s: number): boolean {
    const unit = s - (s % BLOCKS_PER_UNIT);
    for (let b = s - 1; b >= unit; b--) if (this.has(b)) return this.counts[this.placeOf(b)] < RECORDS_PER_BLOCK;
    return false;
  }

  /** Whether a block in the unit of s is older in one copy: then the unit's commit was not durable in both copies. */
  unitWasNeverDurable(s: number): boolean {
    const unit = s - (s % BLOCKS_PER_UNIT);
    for (let b = unit; b < unit + BLOCKS_PER_UNIT; b++)
      for (const copy of COPIES) if (this.state(copy, b) === 'older') return true;
    return false;
  }
}

const READ_BYTES = 256 * UNIT_BYTES;

/** Reads places from a device in large pieces. It is fast when places are read in ascending order. */
export function placesOf(layout: JournalLayout, identity: JournalIdentity, read: JournalReader): PlaceReader {
  const copyBytes = layout.ringBlocks * BLOCK_BYTES;
  const salvage = new Salvage(read);
  const pieces: [Piece | null, Piece | null] = [null, null];
  const starts = [-1, -1];
  return (copy, place, headerOnly = false) => {
    const at = place * BLOCK_BYTES;
    const start = at - (at % READ_BYTES);
    if (start !== starts[copy]) {
      const length = Math.min(READ_BYTES, copyBytes - start);
      const used = pieces[copy]?.bytes.length === length ? pieces[copy] : null;
      pieces[copy] = salvage.piece(layout.logOffset[copy] + start, length, used);
      starts[copy] = start;
    }
    const piece = pieces[copy]!;
    return piece.isRead(at - start)
      ? openPlace(piece.bytes, at - start, copy, place, layout, identity, headerOnly)
      : UNREADABLE;
  };
}

/** The block of place `place`, at `at` in `bytes`; or why it is invalid. */
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
 * `valid` (it has block s), `older` (it has a block of an earlier lap: block s was never written there, or that write
 * was lost), or `invalid` (corrupt, unreadable, misplaced, of another rig).
 *
 *   the copies hold                   | s is in T … H            | s is the block after H
 *   ----------------------------------+--------------------------+---------------------------------------------
 *   valid    and anything             | take it                  | take it: the log continues
 *   older    and older                | lost, unless it is empty | end: it was never durable
 *   older    and invalid              | lost, unless it is empty | end: the older copy shows that it never was
 *   invalid  and invalid, s was empty | pass: nothing is lost    | pass: nothing is lost
 *   invalid  and invalid, unit torn   | lost                     | end: a commit in flight, torn in both copies
 *   invalid  and invalid, else        | lost                     | lost: it may have been durable
 *
 *   any other place                   | costs nothing: it holds no evidence
 *
 * Evidence is in `T … H`: a valid block says that all blocks up to D were durable, H is the last block that follows D
 * without a gap, and T is H's tail. `lost`: recovery cannot know which regions the block named, so every region is
 * dirty (R12). `empty`: the block before it in its unit is not full, so it held no record. `unit torn`: a copy of
 * some block of the unit is older, so the unit's commit was not durable in both copies, and no data was submitted that
 * relied on it.
 *
 * Not covered: one copy has lost the *newest* commit although the device reported it durable, and the other copy of it
 * is damaged. The rest looks like a commit that was never made. These are two faults of the device; the comparison of P
 * and S finds their effect.
 */
/**
 * `take`: its records count. `pass`: it held no record. `end`: the log ends before it. `lost`: every region is dirty.
 */
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

  /** The block after the last one that a copy has. */
  next(s: number): Decision {
    const { ring } = this;
    if (ring.has(s)) return 'take';
    if (ring.state(0, s) === 'older' || ring.state(1, s) === 'older') return 'end';
    if (ring.heldNoRecord(s)) return 'pass';
    return ring.unitWasNeverDurable(s) ? 'end' : 'lost';
  }
}
