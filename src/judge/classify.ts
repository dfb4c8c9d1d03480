/**
 * Classifies what an area holds after a cut against what it owes, a chunk at a time.
 *
 * Promises: a sector is a fault iff its content is none that the device's promises allow (see history.ts); the class
 * follows the fault catalogue. A device that returned a wrong sector only once is told from one whose medium is wrong:
 * illegal sectors are named as suspects first, and counted when they have been read again.
 *
 * The rules beyond one sector:
 *  - `torn-inflight`: a block holds several legal versions, or one write's blocks (neighbours with the same newest
 *    update) are part new, part older. Counted: the older sectors. A write over a chunk's end is seen as two.
 *  - `torn-durable`: a block holds what is durable in some sectors, older versions in others. Counted: the older ones.
 *  - `lost-write`, `lying-flush`, `ignored-fua`: see ageHistogram.ts. `reordered`, `stuck-bits`, `region-loss` of
 *    unreadable sectors: see tally.ts.
 *
 * Not verified: `unserializable` states. A write that a flush covered and that is gone is reported as lost either way.
 */
import { OBSERVATION_FIELD, OBSERVED, OBSERVED_UNREADABLE, SECTORS_PER_BLOCK } from '../workload/observation.js';
import { BLOCK_MARK } from './areaHistory.js';
import { JudgeError } from './error.js';
import type { WriteHistory } from './history.js';
import type { StorageArea } from './historyFeed.js';
import { findingOf, heldId, isKnownDamage, isLegal, owedOf, tallyIllegal, type BlockOwed } from './sector.js';
import type { AreaTally } from './tally.js';

export interface ClassifyContext {
  /** One per area and judgement; all chunks of the area are counted into it. */
  tally: AreaTally;
  /** The raw 512 bytes of a sector of this chunk, to see how it is broken; null or left out: told by its header. */
  sectorBytes?: (lba: number) => Uint8Array | null;
  /**
   * Second observations of the suspects, six doubles each. Given: the chunk is counted now, and the second
   * observations are laid into `observations`, which then say what is on the medium (for `settle`).
   */
  rereads?: ReadonlyMap<number, Float64Array>;
}

export interface ChunkOutcome {
  /** Not empty: nothing was counted; read these LBAs again and call once more with `rereads`. */
  suspects: number[];
}

const F = OBSERVATION_FIELD;

/**
 * `firstLba`: of the chunk, a multiple of 8. `observations`: whole blocks (fewer than 8 sectors only at the area's
 * end). Chunks come in ascending order. Call `tally.finish()` when the area is done; settle a chunk after counting it.
 */
export function classifyChunk(
  area: StorageArea,
  firstLba: number,
  observations: Float64Array,
  history: WriteHistory,
  ctx: ClassifyContext,
): ChunkOutcome {
  if (firstLba % SECTORS_PER_BLOCK !== 0) {
    throw new JudgeError('HISTORY_RANGE', `chunk starts at LBA ${firstLba}, which is not a multiple of ${SECTORS_PER_BLOCK}`);
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

/** Wrong once and right on reread: the read was wrong, the medium is not. */
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
      throw new JudgeError('HISTORY_MISFED', `LBA ${lba} was read again but is not in the chunk at ${firstLba}`, { lba });
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

/** The blocks that one write is the newest of, neighbours in the chunk: is it there, and what of it is not? */
interface WriteRun {
  updateId: number;
  present: boolean;
  olderSectors: number;
}

function endRun(run: WriteRun, tally: AreaTally): void {
  if (run.present) {
    tally.addSurvivorInFlight(run.updateId);
    tally.addLegal('torn-inflight', run.olderSectors);
  } else if (run.olderSectors > 0) tally.addLostInFlight(run.updateId, run.olderSectors);
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
  let run: WriteRun = { updateId: -1, present: false, olderSectors: 0 };
  for (let s = 0; s < sectors; s += SECTORS_PER_BLOCK) {
    const owed = owedOf(area, (firstLba + s) / SECTORS_PER_BLOCK, history);
    const inFlight = (owed.marks & BLOCK_MARK.touched) !== 0 && owed.issued > owed.durable;
    if (!inFlight || owed.issued !== run.updateId) {
      endRun(run, tally);
      run = { updateId: inFlight ? owed.issued : -1, present: false, olderSectors: 0 };
    }
    const count = Math.min(SECTORS_PER_BLOCK, sectors - s);
    countBlock(observations, s, count, firstLba + s, owed, history.newestId, ctx, inFlight ? run : null);
  }
  endRun(run, tally);
  tally.sectorsRead += sectors;
}

/** Versions a block holds, as far as they belong there. */
function heldRange(observations: Float64Array, from: number, count: number, lba: number, owed: BlockOwed): number {
  let newest = -1;
  for (let i = 0; i < count; i++) {
    const id = heldId(observations, (from + i) * F.strideDoubles, lba + i, owed);
    if (id <= owed.issued && id > newest) newest = id;
  }
  return newest;
}

function countBlock(
  observations: Float64Array,
  from: number,
  count: number,
  blockLba: number,
  owed: BlockOwed,
  newestId: number,
  ctx: ClassifyContext,
  run: WriteRun | null,
): void {
  const { tally } = ctx;
  const newestHeld = heldRange(observations, from, count, blockLba, owed);
  const age = newestId - owed.durable;
  let current = 0;
  let torn = 0;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const at = (from + i) * F.strideDoubles;
    const lba = blockLba + i;
    const id = heldId(observations, at, lba, owed);
    if (isLegal(id, owed)) {
      kept++;
      if (run === null || id === owed.issued) current++;
      else if (id < newestHeld) torn++;
      else run.olderSectors++;
      if (run !== null && id === owed.issued) run.present = true;
    } else if (!isKnownDamage(lba, id, owed)) {
      const bytes = ctx.sectorBytes?.(lba) ?? null;
      tallyIllegal(tally, observations, at, lba, owed, { mixed: newestHeld >= owed.durable, age, bytes });
    } else continue;
    const holdsAcknowledged = id >= owed.acknowledged && id <= owed.issued;
    if (owed.acknowledged > 0 && !holdsAcknowledged) tally.addLostAcknowledged(acknowledgedFinding(observations, at, lba, owed));
  }
  tally.addLegal('current', current);
  tally.addLegal('torn-inflight', torn);
  if ((owed.marks & BLOCK_MARK.touched) !== 0 && owed.durable > 0 && kept > 0) tally.addKept(age, kept);
}

function acknowledgedFinding(observations: Float64Array, at: number, lba: number, owed: BlockOwed): ReturnType<typeof findingOf> {
  return { ...findingOf(observations, at, lba, owed), expected: `update ${owed.acknowledged} or newer (acknowledged)` };
}
