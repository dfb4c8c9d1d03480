/**
 * After the judge has read an area, the history adopts what each block holds: from then on the block must hold that.
 * Without this, every later cycle would report the same loss again.
 */
import { OBSERVATION_FIELD, OBSERVED, SECTORS_PER_BLOCK } from '../../base/observation.js';
import type { BaseContent } from './feed.js';

/** What one block holds. */
export interface AdoptedBlock {
  /** Oldest and newest update among its sectors. */
  durable: number;
  issued: number;
  /** One bit for each sector that holds no update of this run. */
  damaged: number;
}

/** What the history expects of one block. */
export interface Owed {
  durable: number;
  issued: number;
  runId: number;
  base: BaseContent;
}

/** Whether a sector without a stamp of this run may be content from before the first update. */
export function isUnknownBase(owed: Owed, kind: number, observedRunId: number): boolean {
  if (owed.base !== 'unknown' || owed.durable !== 0) return false;
  return (
    kind === OBSERVED.zero || kind === OBSERVED.foreign || (kind === OBSERVED.valid && observedRunId !== owed.runId)
  );
}

/**
 * `observations[at…]`: the block's sectors, starting with LBA `firstLba`; `sectorCount` < 8 only at the end of an area.
 * If no sector holds an update of this run, `durable` and `issued` stay as they are.
 */
export function adoptedBlock(
  observations: Float64Array,
  at: number,
  sectorCount: number,
  firstLba: number,
  owed: Owed,
): AdoptedBlock {
  const F = OBSERVATION_FIELD;
  let durable = Infinity;
  let issued = -Infinity;
  let damaged = 0;
  for (let s = 0; s < Math.min(sectorCount, SECTORS_PER_BLOCK); s++) {
    const o = at + s * F.strideDoubles;
    const kind = observations[o + F.kind]!;
    const runId = observations[o + F.runId]!;
    let id = observations[o + F.updateId]!;
    if (isUnknownBase(owed, kind, runId)) id = 0;
    else if (
      kind !== OBSERVED.valid ||
      runId !== owed.runId ||
      observations[o + F.lba]! !== firstLba + s ||
      id > owed.issued
    ) {
      damaged |= 1 << s;
      continue;
    }
    durable = Math.min(durable, id);
    issued = Math.max(issued, id);
  }
  return issued < 0 ? { durable: owed.durable, issued: owed.issued, damaged } : { durable, issued, damaged };
}
