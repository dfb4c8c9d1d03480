/**
 * The fast path of the judge: after most cycles most blocks hold exactly what they must hold. A scan by blocks shows
 * that (`pp_scan_blocks`); only the other blocks are classified sector by sector.
 *
 * Promises: the tally is the same as if every sector were classified.
 */
import type { StorageArea } from '../../base/areas.js';
import { BLOCK_HOLDS, SECTORS_PER_BLOCK } from '../../base/observation.js';
import type { WriteHistory } from '../history/history.js';
import { owedOf, type BlockOwed } from './sector.js';
import type { AreaTally } from './tally.js';

/** Blocks of a chunk, counted from its first. */
export interface BlockRun {
  first: number;
  count: number;
}

/** The chunk that was scanned. */
export interface ScannedChunk {
  area: StorageArea;
  /** Of the area. */
  firstBlock: number;
  /** The last block may have fewer than 8. */
  sectors: number;
  /** By block: the update that all of its sectors hold, or a BLOCK_HOLDS value. */
  held: Float64Array;
}

/**
 * Counts the sectors of blocks that hold what they must hold. Returns the other blocks, in ascending order: each run
 * needs `classifyChunk`.
 */
export function countExpected(chunk: ScannedChunk, history: WriteHistory, tally: AreaTally): BlockRun[] {
  const { area, firstBlock, sectors, held } = chunk;
  const blocks = Math.ceil(sectors / SECTORS_PER_BLOCK);
  const runs: BlockRun[] = [];
  const owedAt = (b: number): BlockOwed => owedOf(area, firstBlock + b, history);
  let end = 0;
  for (let b = 0; b < blocks; b++) {
    const owed = owedAt(b);
    if (isExpected(held[b]!, owed)) continue;
    let first = b;
    let next = b + 1;
    // The other blocks of the same durable write show whether a lost one is torn or missing altogether.
    if (owed.durable > 0) {
      while (first > end && owedAt(first - 1).durable === owed.durable) first--;
      while (next < blocks && owedAt(next).durable === owed.durable) next++;
    }
    const last = runs.at(-1);
    if (last !== undefined && end === first) last.count += next - first;
    else runs.push({ first, count: next - first });
    end = next;
    b = next - 1;
  }
  const unexpected = runs.reduce((sum, { first, count }) => sum + sectorsOf({ first, count }, sectors), 0);
  tally.addLegal('current', sectors - unexpected);
  tally.sectorsRead += sectors - unexpected;
  return runs;
}

/** `sectors`: of the chunk. */
export function sectorsOf({ first, count }: BlockRun, sectors: number): number {
  return Math.min(sectors, (first + count) * SECTORS_PER_BLOCK) - first * SECTORS_PER_BLOCK;
}

/** Nothing was written to the block since it was last judged, and it holds what it held then. */
function isExpected(held: number, owed: BlockOwed): boolean {
  if (owed.marks !== 0 || owed.damaged !== 0 || owed.durable !== owed.issued || owed.acknowledged > owed.durable)
    return false;
  if (held === owed.durable) return true;
  return held === BLOCK_HOLDS.foreign && owed.base === 'unknown' && owed.durable === 0;
}
