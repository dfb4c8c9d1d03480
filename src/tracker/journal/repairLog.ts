/**
 * Repair of the log: units with a damaged block are written again. A block is taken from the other copy. A block that
 * neither copy has, and that held no evidence, becomes an empty block of the previous lap. So the same damage is not
 * found again, and later damage to the other copy loses nothing. Valid blocks do not change: recovery of the repaired
 * log gives the same result.
 */
import type { JournalIdentity } from './block.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, UNIT_BYTES, type JournalLayout } from './layout.js';
import { encodeLogBlock, type LogBlock } from './logBlock.js';
import { readAgain, type LogRecovery } from './recoverLog.js';
import { COPIES, type PlaceReader, type Ring } from './logRing.js';

export interface LogRepair {
  offsetBytes: number;
  /** One unit; valid until the next step of the generator. */
  bytes: Uint8Array;
}

/** Repairs nothing when evidence is lost: every region is dirty then, and each recovery must find that again. */
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
      const isComplete = fillUnit(log, copy, first, layout, identity, readPlace, bytes);
      if (isComplete) yield { offsetBytes: layout.logOffset[copy] + first * BLOCK_BYTES, bytes };
    }
  }
}

function isBroken(ring: Ring, copy: 0 | 1, first: number): boolean {
  for (let place = first; place < first + BLOCKS_PER_UNIT; place++)
    if (ring.problemAt(copy, place) !== null) return true;
  return false;
}

/** False: a valid block fails to be read a second time. Then the unit is not repaired. */
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
  // `durableThrough` as formatting wrote it: the lowest possible statement.
  return { sequence, tail: Math.min(tail, sequence), durableThrough: ringBlocks - 1, recordCount: 0, records: [] };
}
