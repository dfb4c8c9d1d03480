/**
 * Units of the log to write again: blocks that one copy does not have any more are taken from the other, and what neither
 * has and nobody needs becomes an empty block of the lap before. So the same damage is not found again, and does not wait
 * for its counterpart. A recovery of the repaired log says the same as the one before it: nothing that is valid changes.
 */
import type { JournalIdentity } from './block.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, UNIT_BYTES, type JournalLayout } from './layout.js';
import { encodeLogBlock, type LogBlock } from './logBlock.js';
import { readAgain, type LogRecovery } from './recoverLog.js';
import { COPIES, type PlaceReader, type Ring } from './logRing.js';

export interface LogRepair {
  offsetBytes: number;
  /** One unit; valid until the next one is asked for. */
  bytes: Uint8Array;
}

/** Nothing when evidence was lost: then the journal is formatted, and must say so until it is. */
export function* logRepairs(
  log: Pick<LogRecovery, 'damaged' | 'ring' | 'tail' | 'head'>,
  layout: JournalLayout,
  identity: JournalIdentity,
  readPlace: PlaceReader,
): Generator<LogRepair, void, void> {
  if (log.damaged) return;
  const bytes = new Uint8Array(UNIT_BYTES);
  for (const copy of COPIES) {
    for (let first = 0; first < layout.ringBlocks; first += BLOCKS_PER_UNIT) {
      if (!isBroken(log.ring, copy, first)) continue;
      const isWhole = fillUnit(log, copy, first, layout, identity, readPlace, bytes);
      if (isWhole) yield { offsetBytes: layout.logOffset[copy] + first * BLOCK_BYTES, bytes };
    }
  }
}

function isBroken(ring: Ring, copy: 0 | 1, first: number): boolean {
  for (let place = first; place < first + BLOCKS_PER_UNIT; place++)
    if (ring.problemAt(copy, place) !== null) return true;
  return false;
}

/** False: a block that is there can't be read again. Then the unit is left as it is. */
function fillUnit(
  log: Pick<LogRecovery, 'ring' | 'tail' | 'head'>,
  copy: 0 | 1,
  first: number,
  layout: JournalLayout,
  identity: JournalIdentity,
  readPlace: PlaceReader,
  out: Uint8Array,
): boolean {
  for (let place = first; place < first + BLOCKS_PER_UNIT; place++) {
    const block = blockFor(log, copy, place, layout, readPlace);
    if (block === null) return false;
    encodeLogBlock(block, copy, layout, identity, out, (place - first) * BLOCK_BYTES);
  }
  return true;
}

function blockFor(
  { ring, tail, head }: Pick<LogRecovery, 'ring' | 'tail' | 'head'>,
  copy: 0 | 1,
  place: number,
  layout: JournalLayout,
  readPlace: PlaceReader,
): LogBlock | null {
  for (const from of [copy, 1 - copy] as (0 | 1)[]) {
    if (ring.problemAt(from, place) !== null) continue;
    return readAgain(ring, ring.foundInPlaceOf(from, place), readPlace);
  }
  const { ringBlocks } = layout;
  const sequence = head - ((((head - place) % ringBlocks) + ringBlocks) % ringBlocks);
  // What formatting says of the first lap: the lowest claim there is.
  return { sequence, tail: Math.min(tail, sequence), durableThrough: ringBlocks - 1, recordCount: 0, records: [] };
}
