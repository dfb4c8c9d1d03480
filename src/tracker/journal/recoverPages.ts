/**
 * What the indicator area says after a crash (R12). Which copy of each block is believed is said by the table in
 * pageTable.ts; a group whose copies do not say the same, or are not whole, is written again.
 */
import { IndicatorMap } from '../core/indicatorMap.js';
import type { JournalIdentity } from './block.js';
import type { Findings } from './findings.js';
import { classOf, UNREADABLE } from './findings.js';
import type { JournalLayout } from './layout.js';
import {
  BLOCK_BYTES,
  BLOCKS_PER_UNIT,
  HEADER_BYTES,
  pageOffset,
  REGIONS_PER_BLOCK,
  REGIONS_PER_GROUP,
  UNIT_BYTES,
} from './layout.js';
import { addPageBlock, openPageBlock } from './page.js';
import type { Believed } from './pageTable.js';
import { PageTable } from './pageTable.js';
import type { JournalReader, Piece } from './salvage.js';
import { Salvage } from './salvage.js';

export interface PagesRecovery {
  dirty: IndicatorMap;
  /** Groups whose two copies are not both whole and alike. */
  unsettledGroups: Set<number>;
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
  const result: PagesRecovery = { dirty: new IndicatorMap(regionCount), unsettledGroups: new Set(), generation: 0 };
  const salvage = new Salvage(read);
  for (let group = 0; group < layout.groupCount; group++) {
    const units = COPIES.map((copy) =>
      readUnit(salvage.piece(pageOffset(layout, copy, group), UNIT_BYTES), group, copy, layout, identity),
    );
    result.generation = Math.max(result.generation, units[0].newest, units[1].newest);
    const believed = Array.from({ length: BLOCKS_PER_UNIT }, (_, b) => take(units, group, b, table, result.dirty));
    for (const copy of COPIES) report(units, copy, group, believed, layout, regionCount, findings);
    if (!isSettled(units)) result.unsettledGroups.add(group);
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
function isSettled([a, b]: Unit[]): boolean {
  for (const unit of [a, b]) if (unit.generations.some((g) => g !== unit.newest)) return false;
  for (let at = 0; at < UNIT_BYTES; at++) {
    if (at % BLOCK_BYTES >= HEADER_BYTES && a.piece.bytes[at] !== b.piece.bytes[at]) return false;
  }
  return true;
}
