/**
 * What the indicator area says after a crash. Both copies are ORed: while a page is being changed its copies differ,
 * and a set bit in either may be the only evidence. A block that is broken in either copy makes all its regions dirty,
 * for the other copy may be older than what was durable (R12).
 */
import { IndicatorMap } from '../core/indicatorMap.js';
import type { JournalIdentity } from './block.js';
import type { Findings } from './findings.js';
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
import { decodePageBlock } from './page.js';
import type { JournalReader } from './recoverLog.js';

export interface PagesRecovery {
  dirty: IndicatorMap;
  /** Groups whose two copies are not both whole and alike. */
  unsettledGroups: Set<number>;
  /** Highest generation seen. */
  generation: number;
}

export function recoverPages(
  layout: JournalLayout,
  identity: JournalIdentity,
  regionCount: number,
  read: JournalReader,
  findings: Findings,
): PagesRecovery {
  const result: PagesRecovery = { dirty: new IndicatorMap(regionCount), unsettledGroups: new Set(), generation: 0 };
  for (let group = 0; group < layout.groupCount; group++) {
    const units = ([0, 1] as const).map((copy) => {
      const bytes = read(pageOffset(layout, copy, group), UNIT_BYTES);
      // A copy: `slice` of a Buffer would be a view of memory that the next read overwrites.
      return bytes === null ? null : Uint8Array.from(bytes);
    });
    const broken = ([0, 1] as const).map((copy) => readUnit(units[copy], group, copy, layout, identity, result));
    for (const copy of [0, 1] as const) report(group, copy, broken, layout, regionCount, findings);
    if (!alike(units[0], units[1])) result.unsettledGroups.add(group);
  }
  return result;
}

/** Returns what is wrong with each block of the unit; null: nothing. */
function readUnit(
  bytes: Uint8Array | null,
  group: number,
  copy: 0 | 1,
  layout: JournalLayout,
  identity: JournalIdentity,
  result: PagesRecovery,
): (string | null)[] {
  const broken: (string | null)[] = [];
  for (let b = 0; b < BLOCKS_PER_UNIT; b++) {
    const first = group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK;
    const block =
      bytes === null
        ? ({ ok: false, problem: 'unreadable' } as const)
        : decodePageBlock(bytes, b * BLOCK_BYTES, group, b, copy, layout, identity, result.dirty);
    broken.push(block.ok ? null : block.problem);
    if (block.ok) {
      result.generation = Math.max(result.generation, block.generation);
    } else {
      result.dirty.setRange(first, REGIONS_PER_BLOCK);
      result.unsettledGroups.add(group);
    }
  }
  return broken;
}

function report(
  group: number,
  copy: 0 | 1,
  broken: readonly (string | null)[][],
  layout: JournalLayout,
  regionCount: number,
  findings: Findings,
): void {
  for (let b = 0; b < BLOCKS_PER_UNIT; b++) {
    const problem = broken[copy][b];
    if (problem === null) continue;
    const holdsRegions = group * REGIONS_PER_GROUP + b * REGIONS_PER_BLOCK < regionCount;
    findings.add({
      where: 'indicator-area',
      offsetBytes: pageOffset(layout, copy, group) + b * BLOCK_BYTES,
      problem,
      effect: holdsRegions ? 'region-range-dirty' : 'repaired',
      // The two copies are never written at once: one of two broken ones was durable.
      class: broken[1 - copy][b] === null ? 'indicator-torn' : 'indicator-rot',
    });
  }
}

/** Whether the payloads say the same; headers differ by place and generation. */
function alike(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return false;
  for (let at = 0; at < UNIT_BYTES; at++) {
    if (at % BLOCK_BYTES >= HEADER_BYTES && a[at] !== b[at]) return false;
  }
  return true;
}
