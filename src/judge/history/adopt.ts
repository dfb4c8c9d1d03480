/**
 * After a judgement the medium is the new truth: what a block was found to hold is what it owes from now on, so that
 * one loss is reported once and not in every later cycle.
 */
import { OBSERVATION_FIELD, OBSERVED, SECTORS_PER_BLOCK } from '../../base/observation.js';
import type { BaseContent } from './feed.js';

/** What one block is found to hold: range of the versions in it, and a bit for each sector that holds none. */
export interface SettledBlock {
  durable: number;
  issued: number;
  damaged: number;
}

export interface Owed {
  durable: number;
  issued: number;
  runId: number;
  base: BaseContent;
}

/** Whether a sector that carries no stamp of this run may be what was there before the first update. */
export function isUnknownBase(owed: Owed, kind: number, observedRunId: number): boolean {
  if (owed.base !== 'unknown' || owed.durable !== 0) return false;
  return (
    kind === OBSERVED.zero || kind === OBSERVED.foreign || (kind === OBSERVED.valid && observedRunId !== owed.runId)
  );
}

/**
 * `observations[at…]`: the block's sectors, starting with LBA `firstLba`; `sectorCount` < 8 only at the end of an area.
 * A block in which no sector holds a version keeps what it owed.
 */
export function settleBlock(
  observations: Float64Array,
  at: number,
  sectorCount: number,
  firstLba: number,
  owed: Owed,
): SettledBlock {
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
