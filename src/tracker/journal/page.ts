/**
 * Pages of the indicator area: one unit per group of regions, eight blocks that check themselves.
 *
 * Payload: u64 first region, then one bit per region, lowest bit first. The block's sequence is its generation.
 */
import type { IndicatorMap } from '../core/indicatorMap.js';
import type { JournalIdentity } from './block.js';
import { BLOCK_KIND, openBlock, payloadOf, readU64, sealBlock, writeU64 } from './block.js';
import type { BlockProblem } from './block.js';
import type { JournalLayout } from './layout.js';
import {
  BLOCK_BYTES,
  BLOCKS_PER_UNIT,
  PAGE_HEADER_BYTES,
  pageOffset,
  REGIONS_PER_BLOCK,
  REGIONS_PER_GROUP,
} from './layout.js';

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
