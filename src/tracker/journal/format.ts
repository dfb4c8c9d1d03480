/**
 * Formatting: an empty log and an indicator area that says what it is told, in an order that a crash cannot turn into
 * a clean journal: the superblocks go first and come back last.
 */
import type { IndicatorMap } from '../core/indicatorMap.js';
import type { JournalIdentity } from './block.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, journalLayout, logBlockOffset, pageOffset, UNIT_BYTES } from './layout.js';
import { encodeEmptyLogBlock } from './logBlock.js';
import { encodePage } from './page.js';
import type { JournalGeometry } from './superblock.js';
import { encodeSuperblock, regionCountOf } from './superblock.js';

export type FormatStep = { kind: 'write'; offsetBytes: number; bytes: Uint8Array } | { kind: 'flush' };

/** Steps to perform in order. `bytes` is valid until the next step is taken. */
export function* formatSteps(
  geometry: JournalGeometry,
  identity: JournalIdentity,
  dirty: IndicatorMap,
): Generator<FormatStep, void, void> {
  const layout = journalLayout(geometry.logBytes, regionCountOf(geometry));
  const unit = new Uint8Array(UNIT_BYTES);
  for (const offsetBytes of layout.superblockOffset) yield { kind: 'write', offsetBytes, bytes: unit };
  yield { kind: 'flush' };
  for (const copy of [0, 1] as const) {
    for (let first = 0; first < layout.ringBlocks; first += BLOCKS_PER_UNIT) {
      for (let b = 0; b < BLOCKS_PER_UNIT; b++)
        encodeEmptyLogBlock(first + b, copy, layout, identity, unit, b * BLOCK_BYTES);
      yield { kind: 'write', offsetBytes: logBlockOffset(layout, copy, first), bytes: unit };
    }
    for (let group = 0; group < layout.groupCount; group++) {
      encodePage(dirty, group, copy, 1, layout, identity, unit);
      yield { kind: 'write', offsetBytes: pageOffset(layout, copy, group), bytes: unit };
    }
  }
  yield { kind: 'flush' };
  for (const offsetBytes of layout.superblockOffset) {
    yield { kind: 'write', offsetBytes, bytes: encodeSuperblock(geometry, identity, offsetBytes) };
  }
  yield { kind: 'flush' };
}
