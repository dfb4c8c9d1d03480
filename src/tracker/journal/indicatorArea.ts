/**
 * The indicator area on disk: encoding of its pages, and recovery from them after a crash (R12). A page is one unit for
 * a group of regions; each of its eight blocks has a CRC of its own. A group whose copies differ or are damaged is
 * written again.
 *
 * Payload: u64 first region, then one bit per region, lowest bit first. The block's sequence is its generation.
 */
import { IndicatorMap } from '../core/indicatorMap.js';
import {
  BLOCK_KIND,
  openBlock,
  sealBlocks,
  u32At,
  u64At,
  writeHeader,
  type SealBlocks,
  writeU64,
  type BlockProblem,
  type JournalIdentity,
} from './block.js';
import { classOf, UNREADABLE, type Findings } from './findings.js';
import {
  BLOCK_BYTES,
  BLOCKS_PER_UNIT,
  HEADER_BYTES,
  PAGE_HEADER_BYTES,
  pageOffset,
  REGIONS_PER_BLOCK,
  REGIONS_PER_GROUP,
  UNIT_BYTES,
  type JournalLayout,
} from './layout.js';
import { Piece, Salvage, type JournalReader } from './salvage.js';

/** Encodes the group's present indicators into `out` (one unit). */
export function encodePage(
  map: IndicatorMap,
  group: number,
  copy: 0 | 1,
  generation: number,
  layout: JournalLayout,
  identity: JournalIdentity,
  out: Uint8Array,
  seal: SealBlocks = sealBlocks,
): void {
  const view = new DataView(out.buffer, out.byteOffset, UNIT_BYTES);
  out.fill(0, 0, BLOCKS_PER_UNIT * BLOCK_BYTES);
  for (let b = 0; b < BLOCKS_PER_UNIT; b++) {
    const first = group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK;
    const at = b * BLOCK_BYTES;
    writeHeader(view, at, BLOCK_KIND.page, generation, pageOffset(layout, copy, group) + at, identity);
    writeU64(view, at + HEADER_BYTES, first);
    // The number of a block's regions is a multiple of 32, so the words of the map are copied as they are.
    const words = at + HEADER_BYTES + PAGE_HEADER_BYTES;
    for (let w = 0; w < REGIONS_PER_BLOCK / 32; w++) view.setUint32(words + w * 4, map.word(first / 32 + w), true);
  }
  seal(out, 0, UNIT_BYTES);
}

export type PageBlockRead = { ok: true; generation: number } | { ok: false; problem: BlockProblem };

/** Checks block `b` of a group's unit. */
export function openPageBlock(
  bytes: Uint8Array,
  at: number,
  group: number,
  b: number,
  copy: 0 | 1,
  layout: JournalLayout,
  identity: JournalIdentity,
): PageBlockRead {
  const opened = openBlock(bytes, at, BLOCK_KIND.page, pageOffset(layout, copy, group) + b * BLOCK_BYTES, identity);
  if (!opened.ok) return opened;
  if (u64At(bytes, at + HEADER_BYTES) !== group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK)
    return { ok: false, problem: 'misplaced' };
  return { ok: true, generation: opened.sequence };
}

/** Sets the indicators that are 1 in block `b` of a group's unit. `openPageBlock` has checked the block. */
export function addPageBlock(
  { bytes, words }: Pick<Piece, 'bytes' | 'words'>,
  at: number,
  group: number,
  b: number,
  into: IndicatorMap,
): void {
  const firstWord = (group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK) / 32;
  const first = (at + HEADER_BYTES + PAGE_HEADER_BYTES) / 4;
  for (let w = 0; w < REGIONS_PER_BLOCK / 32; w++) {
    // In any byte order a word is 0 when its bytes are. Most words are.
    if (words[first + w] === 0) continue;
    into.setWord(firstWord + w, u32At(bytes, 4 * (first + w)) | 0);
  }
}

/**
 * The decision table of the indicator area, for each block: which of its two copies counts. A copy is `current` (valid,
 * and of the newest generation in its unit), `older` (valid, but its unit has newer blocks: the unit is torn, or the
 * write of this block was lost), or `invalid` (corrupt, unreadable, misplaced).
 *
 *                    | current, or older    | invalid
 *   -----------------+----------------------+------------------------------
 *   current          | the newer            | the current one
 *   older            | the newer            | neither: its regions are dirty
 *   invalid          |                      | neither: its regions are dirty
 *
 * One copy is enough, because a mark counts as durable only when both copies carry it, and the two are never written at
 * the same time. So each copy by itself, torn or not, carries every mark that is relied on, and the newer one has the
 * latest marks and clearings. An `older` block beside an invalid one is not enough: the invalid one may have held a
 * newer mark, and an earlier recovery may have relied on it.
 */
export type CopyChoice = 'neither' | 0 | 1;

/** Generation of each copy's block (-1: invalid), and the newest generation of each copy's unit. */
export interface PageStates {
  generation: readonly [number, number];
  newestOfUnit: readonly [number, number];
}

export class PageTable {
  choose({ generation, newestOfUnit }: PageStates): CopyChoice {
    const newer = generation[0] >= generation[1] ? 0 : 1;
    const isOtherValid = generation[1 - newer] >= 0;
    const isCurrent = generation[newer] >= 0 && generation[newer] === newestOfUnit[newer];
    return isOtherValid || isCurrent ? newer : 'neither';
  }
}

export interface PagesRecovery {
  dirty: IndicatorMap;
  /** Groups whose two copies differ or are damaged. */
  unequalGroups: Set<number>;
  /** Highest generation seen. */
  generation: number;
}

const COPIES = [0, 1] as const;

/** A copy of a group's unit. */
interface Unit {
  piece: Piece;
  /** Per block: its generation, or -1. */
  generations: number[];
  /** Per block: what is wrong with it, or null. */
  problems: (string | null)[];
  newest: number;
}

export function recoverPages(
  layout: JournalLayout,
  identity: JournalIdentity,
  regionCount: number,
  read: JournalReader,
  findings: Findings,
  table: PageTable = new PageTable(),
): PagesRecovery {
  const result: PagesRecovery = { dirty: new IndicatorMap(regionCount), unequalGroups: new Set(), generation: 0 };
  const salvage = new Salvage(read);
  const pieces = [new Piece(UNIT_BYTES), new Piece(UNIT_BYTES)];
  for (let group = 0; group < layout.groupCount; group++) {
    const units = COPIES.map((copy) =>
      readUnit(salvage.piece(pageOffset(layout, copy, group), UNIT_BYTES, pieces[copy]), group, copy, layout, identity),
    );
    result.generation = Math.max(result.generation, units[0].newest, units[1].newest);
    const choice = Array.from({ length: BLOCKS_PER_UNIT }, (_, b) => take(units, group, b, table, result.dirty));
    for (const copy of COPIES) report(units, copy, group, choice, layout, regionCount, findings);
    if (!copiesAgree(units)) result.unequalGroups.add(group);
  }
  return result;
}

function readUnit(piece: Piece, group: number, copy: 0 | 1, layout: JournalLayout, identity: JournalIdentity): Unit {
  const unit: Unit = { piece, generations: [], problems: [], newest: -1 };
  for (let b = 0; b < BLOCKS_PER_UNIT; b++) {
    const at = b * BLOCK_BYTES;
    const block = piece.isRead(at)
      ? openPageBlock(piece.bytes, at, group, b, copy, layout, identity)
      : ({ ok: false, problem: UNREADABLE } as const);
    unit.generations.push(block.ok ? block.generation : -1);
    unit.problems.push(block.ok ? null : block.problem);
    if (block.ok) unit.newest = Math.max(unit.newest, block.generation);
  }
  return unit;
}

/** Sets the dirty regions of block `b`; returns which copy of it counts. */
function take([first, second]: Unit[], group: number, b: number, table: PageTable, dirty: IndicatorMap): CopyChoice {
  const choice = table.choose({
    generation: [first.generations[b], second.generations[b]],
    newestOfUnit: [first.newest, second.newest],
  });
  if (choice === 'neither') dirty.setRange(group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK, REGIONS_PER_BLOCK);
  else addPageBlock([first, second][choice].piece, b * BLOCK_BYTES, group, b, dirty);
  return choice;
}

function report(
  units: Unit[],
  copy: 0 | 1,
  group: number,
  choice: readonly CopyChoice[],
  layout: JournalLayout,
  regionCount: number,
  findings: Findings,
): void {
  for (let b = 0; b < BLOCKS_PER_UNIT; b++) {
    const problem = units[copy].problems[b];
    if (problem === null) continue;
    const holdsRegions = group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK < regionCount;
    findings.add({
      where: 'indicator-area',
      offsetBytes: pageOffset(layout, copy, group) + b * BLOCK_BYTES,
      problem,
      effect: choice[b] === 'neither' && holdsRegions ? 'region-range-dirty' : 'repaired',
      // The two copies are never written at the same time: of two damaged ones, one was durable.
      class: classOf(problem, units[1 - copy].problems[b] === null),
    });
  }
}

/** Whether both copies are intact, of one generation each, and have the same bits. Their headers differ. */
function copiesAgree([a, b]: Unit[]): boolean {
  for (const unit of [a, b]) if (unit.generations.some((g) => g !== unit.newest)) return false;
  const [wordsA, wordsB] = [a.piece.words, b.piece.words];
  for (let block = 0; block < UNIT_BYTES; block += BLOCK_BYTES) {
    const end = (block + BLOCK_BYTES) / 4;
    for (let w = (block + HEADER_BYTES) / 4; w < end; w++) if (wordsA[w] !== wordsB[w]) return false;
  }
  return true;
}
