/**
 * Classifies the content of an area after a cut, one chunk at a time, against the history.
 *
 * Promises: a sector is a fault if and only if the device's promises do not allow its content (see history.ts); the
 * class follows the fault catalogue. Wrong sectors are first returned as suspects, and counted after a second read: so
 * a wrong read is distinguished from a wrong medium.
 *
 * Rules that need more than one sector:
 *  - `torn-inflight`: a block holds several legal versions, or the blocks of one write (adjacent blocks with the same
 *    newest update) are part new, part older. The older sectors are counted. A write across a chunk's end counts as
 *    two.
 *  - `torn-durable`: of the blocks of one write (adjacent blocks with the same durable update) some sectors hold it,
 *    others are older. The older sectors are counted.
 *  - Noise is `garbage` in a block with a write in flight at the cut, and `collateral` in any other block.
 *  - `lost-write`, `lying-flush`, `ignored-fua`, `reordered`, `stuck-bits`, `region-loss` of unreadable sectors:
 *    tally.ts.
 *
 * Not verified: `unserializable` states. A missing write that a flush covered is reported as lost in any case.
 */
import type { StorageArea } from '../../base/areas.js';
import { OBSERVATION_FIELD, OBSERVED, OBSERVED_UNREADABLE, SECTORS_PER_BLOCK } from '../../base/observation.js';
import { BLOCK_MARK } from '../history/areaHistory.js';
import { JudgeError } from '../errors.js';
import type { WriteHistory } from '../history/history.js';
import {
  DurableRun,
  InFlightRun,
  findingOf,
  heldId,
  isInFlight,
  isKnownDamage,
  isLegal,
  owedOf,
  tallyWrong,
  type BlockOwed,
} from './sector.js';
import type { AreaTally, UnclassifiedFinding } from './tally.js';

export interface ClassifyContext {
  /** One for each area and pass; all chunks of the area are counted into it. */
  tally: AreaTally;
  /** The raw 512 bytes of a sector of this chunk, to see how it is damaged; null or absent: the header decides. */
  sectorBytes?: (lba: number) => Uint8Array | null;
  /**
   * The second observations of the suspects, six doubles each. If present, the chunk is counted now, and they replace
   * the first ones in `observations`, which then describe the medium (for `WriteHistory.adopt`).
   */
  rereads?: ReadonlyMap<number, Float64Array>;
}

export interface ChunkOutcome {
  /** Not empty: nothing was counted yet. Read these LBAs again and call again with `rereads`. */
  suspects: number[];
}

const F = OBSERVATION_FIELD;

/**
 * `firstLba`: the chunk's first LBA, a multiple of 8. `observations`: complete blocks (fewer than 8 sectors only at the
 * area's end). Chunks come in ascending order. After a chunk is counted, the history adopts it; after the last chunk,
 * call `tally.finish()`.
 */
export function classifyChunk(
  area: StorageArea,
  firstLba: number,
  observations: Float64Array,
  history: WriteHistory,
  ctx: ClassifyContext,
): ChunkOutcome {
  if (firstLba % SECTORS_PER_BLOCK !== 0) {
    throw new JudgeError(
      'HISTORY_RANGE',
      `chunk starts at LBA ${firstLba}, which is not a multiple of ${SECTORS_PER_BLOCK}`,
    );
  }
  if (ctx.rereads === undefined) {
    const suspects = findSuspects(area, firstLba, observations, history, ctx.tally.rereadsLeft);
    if (suspects.length > 0) return { suspects };
  } else {
    takeRereads(area, firstLba, observations, history, ctx, ctx.rereads);
  }
  countChunk(area, firstLba, observations, history, ctx);
  return { suspects: [] };
}

function findSuspects(
  area: StorageArea,
  firstLba: number,
  observations: Float64Array,
  history: WriteHistory,
  max: number,
): number[] {
  const suspects: number[] = [];
  const sectors = observations.length / F.strideDoubles;
  let owed = owedOf(area, firstLba / SECTORS_PER_BLOCK, history);
  for (let s = 0; s < sectors && suspects.length < max; s++) {
    const lba = firstLba + s;
    if (s > 0 && s % SECTORS_PER_BLOCK === 0) owed = owedOf(area, lba / SECTORS_PER_BLOCK, history);
    const id = heldId(observations, s * F.strideDoubles, lba, owed);
    const refused = observations[s * F.strideDoubles + F.kind] === OBSERVED_UNREADABLE;
    if (!isLegal(id, owed) && !refused && !isKnownDamage(lba, id, owed)) suspects.push(lba);
  }
  return suspects;
}

/** A sector that is wrong at first and right when read again: the read was wrong, the medium is right. */
function takeRereads(
  area: StorageArea,
  firstLba: number,
  observations: Float64Array,
  history: WriteHistory,
  ctx: ClassifyContext,
  rereads: ReadonlyMap<number, Float64Array>,
): void {
  for (const [lba, second] of rereads) {
    const at = (lba - firstLba) * F.strideDoubles;
    if (at < 0 || at >= observations.length) {
      throw new JudgeError('HISTORY_MISFED', `LBA ${lba} was read again but is not in the chunk at ${firstLba}`, {
        lba,
      });
    }
    ctx.tally.rereadsLeft = Math.max(0, ctx.tally.rereadsLeft - 1);
    const owed = owedOf(area, Math.floor(lba / SECTORS_PER_BLOCK), history);
    if (isLegal(heldId(second, 0, lba, owed), owed)) {
      ctx.tally.addFault(transientClass(observations, at, lba), findingOf(observations, at, lba, owed));
    }
    observations.set(second.subarray(0, F.strideDoubles), at);
  }
}

function transientClass(observations: Float64Array, at: number, lba: number): string {
  if (observations[at + F.kind] !== OBSERVED.valid) return 'bit-corruption';
  return observations[at + F.lba] === lba ? 'stale-read' : 'misdirected-read';
}

function countChunk(
  area: StorageArea,
  firstLba: number,
  observations: Float64Array,
  history: WriteHistory,
  ctx: ClassifyContext,
): void {
  const { tally } = ctx;
  const sectors = observations.length / F.strideDoubles;
  const runs = { inFlight: new InFlightRun(tally), durable: new DurableRun(tally) };
  for (let s = 0; s < sectors; s += SECTORS_PER_BLOCK) {
    const owed = owedOf(area, (firstLba + s) / SECTORS_PER_BLOCK, history);
    runs.inFlight.block(owed);
    runs.durable.block(owed);
    const count = Math.min(SECTORS_PER_BLOCK, sectors - s);
    countBlock(observations, s, count, firstLba + s, owed, history.newestId - owed.durable, ctx, runs);
  }
  runs.inFlight.end();
  runs.durable.end();
  tally.sectorsRead += sectors;
}

/** The newest version in the block that is not newer than the last one issued to it; -1: none. */
function newestHeldIn(
  observations: Float64Array,
  from: number,
  count: number,
  blockLba: number,
  owed: BlockOwed,
): number {
  let newest = -1;
  for (let i = 0; i < count; i++) {
    const id = heldId(observations, (from + i) * F.strideDoubles, blockLba + i, owed);
    if (id <= owed.issued && id > newest) newest = id;
  }
  return newest;
}

/** `age`: updates issued since the block's durable update. */
function countBlock(
  observations: Float64Array,
  from: number,
  count: number,
  blockLba: number,
  owed: BlockOwed,
  age: number,
  ctx: ClassifyContext,
  runs: { inFlight: InFlightRun; durable: DurableRun },
): void {
  const { tally } = ctx;
  const newestHeld = newestHeldIn(observations, from, count, blockLba, owed);
  const inFlight = isInFlight(owed);
  let current = 0;
  let torn = 0;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const at = (from + i) * F.strideDoubles;
    const lba = blockLba + i;
    const id = heldId(observations, at, lba, owed);
    if (id === owed.durable) runs.durable.found();
    if (isLegal(id, owed)) {
      kept++;
      if (!inFlight || id === owed.issued) current++;
      if (inFlight && id < newestHeld && newestHeld < owed.issued) torn++;
      else if (inFlight) runs.inFlight.sector(id);
    } else if (isKnownDamage(lba, id, owed)) {
      continue;
    } else if (id >= 0 && id < owed.durable) {
      runs.durable.lostSector(findingOf(observations, at, lba, owed), age, owed.marks);
    } else {
      tallyWrong(tally, observations, at, lba, owed, { newestHeld, bytes: ctx.sectorBytes?.(lba) ?? null });
    }
    const holdsAcknowledged = id >= owed.acknowledged && id <= owed.issued;
    if (owed.acknowledged > 0 && !holdsAcknowledged)
      tally.addLostAcknowledged(acknowledgedFinding(observations, at, lba, owed));
  }
  tally.addLegal('current', current);
  tally.addLegal('torn-inflight', torn);
  if ((owed.marks & BLOCK_MARK.touched) !== 0 && owed.durable > 0 && kept > 0) tally.addKept(age, kept);
}

function acknowledgedFinding(
  observations: Float64Array,
  at: number,
  lba: number,
  owed: BlockOwed,
): UnclassifiedFinding {
  return { ...findingOf(observations, at, lba, owed), expected: `update ${owed.acknowledged} or newer (acknowledged)` };
}
