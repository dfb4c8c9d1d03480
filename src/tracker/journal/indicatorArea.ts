/**
 * The indicator area on disk (R12): pages, one unit per group of regions, eight blocks that check themselves; and what they
 * say after a crash. A group whose copies do not say the same, or are damaged, is written again.
 *
 * Payload: u64 first region, then one bit per region, lowest bit first. The block's sequence is its generation.
 */
import { IndicatorMap } from '../core/indicatorMap.js';
import {
  BLOCK_KIND,
  openBlock,
  payloadOf,
  readU64,
  sealBlock,
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
import { Salvage, type JournalReader, type Piece } from './salvage.js';

/** Encodes the group as the map says now into `out` (one unit). */
export function encodePage(
  map: IndicatorMap,
  group: number,
  copy: 0 | 1,
  generation: number,
  layout: JournalLayout,
  identity: JournalIdentity,
  out: Uint8Array,
): void {
  out.fill(0, 0, BLOCKS_PER_UNIT * BLOCK_BYTES);
  for (let b = 0; b < BLOCKS_PER_UNIT; b++) {
    const first = group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK;
    const p = payloadOf(out, b * BLOCK_BYTES);
    writeU64(p, 0, first);
    // Both the blocks' regions and the map's words are multiples of 32: whole words go over.
    for (let w = 0; w < REGIONS_PER_BLOCK / 32; w++) {
      p.setUint32(PAGE_HEADER_BYTES + w * 4, map.word(first / 32 + w), true);
    }
    const offsetBytes = pageOffset(layout, copy, group) + b * BLOCK_BYTES;
    sealBlock(out, b * BLOCK_BYTES, { kind: BLOCK_KIND.page, sequence: generation, offsetBytes }, identity);
  }
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
  if (readU64(payloadOf(bytes, at), 0) !== group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK)
    return { ok: false, problem: 'misplaced' };
  return { ok: true, generation: opened.sequence };
}

/** Sets the indicators that block `b` of a group's unit, which has been checked, says are 1. */
export function addPageBlock(bytes: Uint8Array, at: number, group: number, b: number, into: IndicatorMap): void {
  const p = payloadOf(bytes, at);
  const firstWord = (group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK) / 32;
  for (let w = 0; w < REGIONS_PER_BLOCK / 32; w++) {
    const word = p.getInt32(PAGE_HEADER_BYTES + w * 4, true);
    if (word !== 0) into.setWord(firstWord + w, word);
  }
}

/**
 * The decision table of the indicator area, block by block: which of a block's two copies is believed. A copy is `current`
 * (valid, and of the newest generation that is seen in its unit), `older` (valid, and its unit has newer blocks: the unit is
 * torn, or this block's write was lost), or `invalid` (corrupt, unreadable, misplaced).
 *
 *                    | current, or older    | invalid
 *   -----------------+----------------------+------------------------------
 *   current          | the newer            | the current one
 *   older            | the newer            | neither: its regions are dirty
 *   invalid          |                      | neither: its regions are dirty
 *
 * Why one copy is enough: a mark counts as durable when both copies carry it, and the two are never written at once. So
 * each copy by itself, torn or not, carries every mark that is relied on; and the newer one has what was marked and
 * cleared last. An `older` block beside an invalid one may be a torn one or one whose write was lost: it can't be told
 * what the invalid one had marked, and a recovery before this one may have counted on it.
 */
export type Believed = 'neither' | 0 | 1;

/** Generation of each copy's block (-1: invalid), and the newest generation of each copy's unit. */
export interface PageStates {
  generation: readonly [number, number];
  newestOfUnit: readonly [number, number];
}

export class PageTable {
  believed({ generation, newestOfUnit }: PageStates): Believed {
    const newer = generation[0] >= generation[1] ? 0 : 1;
    const isOtherValid = generation[1 - newer] >= 0;
    const isCurrent = generation[newer] >= 0 && generation[newer] === newestOfUnit[newer];
    return isOtherValid || isCurrent ? newer : 'neither';
  }
}

export interface PagesRecovery {
  dirty: IndicatorMap;
  /** Groups whose two copies are not both whole and alike. */
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
  for (let group = 0; group < layout.groupCount; group++) {
    const units = COPIES.map((copy) =>
      readUnit(salvage.piece(pageOffset(layout, copy, group), UNIT_BYTES), group, copy, layout, identity),
    );
    result.generation = Math.max(result.generation, units[0].newest, units[1].newest);
    const believed = Array.from({ length: BLOCKS_PER_UNIT }, (_, b) => take(units, group, b, table, result.dirty));
    for (const copy of COPIES) report(units, copy, group, believed, layout, regionCount, findings);
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

/** Takes what block `b` says; returns which copies that was. */
function take([first, second]: Unit[], group: number, b: number, table: PageTable, dirty: IndicatorMap): Believed {
  const believed = table.believed({
    generation: [first.generations[b], second.generations[b]],
    newestOfUnit: [first.newest, second.newest],
  });
  if (believed === 'neither') dirty.setRange(group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK, REGIONS_PER_BLOCK);
  else addPageBlock([first, second][believed].piece.bytes, b * BLOCK_BYTES, group, b, dirty);
  return believed;
}

function report(
  units: Unit[],
  copy: 0 | 1,
  group: number,
  believed: readonly Believed[],
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
      effect: believed[b] === 'neither' && holdsRegions ? 'region-range-dirty' : 'repaired',
      // The two copies are never written at once: one of two broken ones was durable.
      class: classOf(problem, units[1 - copy].problems[b] === null),
    });
  }
}

/** Whether both copies are whole, of one generation each, and say the same; headers differ by place and generation. */
function copiesAgree([a, b]: Unit[]): boolean {
  for (const unit of [a, b]) if (unit.generations.some((g) => g !== unit.newest)) return false;
  for (let at = 0; at < UNIT_BYTES; at++) {
    if (at % BLOCK_BYTES >= HEADER_BYTES && a.piece.bytes[at] !== b.piece.bytes[at]) return false;
  }
  return true;
}
