/**
 * Disk space for the records of a campaign: how much they need, how much is free, and the message where it is too
 * little. The history has about six records per update; the updates of a load follow from the rate in the profile, from
 * an earlier run, or, without either, from an assumption that the message names as one.
 */
import { isLabDevice, labName } from '../../rig/schema/words.js';
import { HISTORY_FILE_BYTES, KEPT_FAILURES_MAX } from '../../replication/worker/historyFile.js';
import { formatBytes } from '../../report/figures.js';
import { statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AreaName } from '../../base/areas.js';
import type { KeepHistory } from '../../replication/replicationEngine.js';
import type { ResolvedRig } from '../../rig/resolved.js';
import type { CycleSettings } from '../cycle/cycleTypes.js';
import { codeOf } from '../errors.js';

/** Issued and completed on two areas, answered, and a share of the flushes: six records of 40 bytes. */
const BYTES_AN_UPDATE = 240;
/** What the judge found in a written block, on both areas. */
const BYTES_A_JUDGED_BLOCK = 2 * 40;
/** events.jsonl and cycles.jsonl. */
const LINE_BYTES_A_CYCLE = 16 * 1024;
/** Checkpoint records of one block with contents of its own: on both areas, and as acknowledged. */
const CHECKPOINT_BYTES_A_BLOCK = 3 * 40;
const BLOCK_BYTES = 4096;
/** Typical of two disks with a write cache. */
const ASSUMED_WRITES_PER_SECOND = 10_000;

export interface RecordSpace {
  keep: KeepHistory;
  /** If all cycles pass. */
  bytes: number;
  /** More for each cycle that does not pass, of the first KEPT_FAILURES_MAX; 0 where it makes no difference. */
  bytesAFailure: number;
  /** For the longest cycle alone. */
  bytesACycle: number;
  writesPerSecond: number;
  /** Source of the writes per second. */
  basis: 'profile' | 'former run' | 'assumption';
}

export interface NeedSources {
  /** The planned cycles, or the first of them; at least one. */
  cycles: readonly CycleSettings[];
  /** Bytes of the smaller area; null: not known. */
  usableBytes?: number | null;
  /** Measured in an earlier run; null: there is none. */
  formerWritesPerSecond?: number | null;
}

export function recordNeed(
  rig: ResolvedRig,
  { cycles, usableBytes = null, formerWritesPerSecond = null }: NeedSources,
): RecordSpace {
  const { keepHistory: keep, cycles: count } = rig.campaign;
  const rate = rateOf(rig, formerWritesPerSecond);
  const own = cycles.map((cycle) => historyBytes(cycle, rate.writesPerSecond, rig, usableBytes));
  const mean = own.reduce((sum, bytes) => sum + bytes, 0) / own.length;
  const longest = Math.max(...own);
  const all = Math.round(count * mean);
  const lines = count * LINE_BYTES_A_CYCLE;
  if (keep !== 'failures') {
    const history = keep === 'all' ? all : 0;
    return {
      keep,
      ...rate,
      bytes: lines + history,
      bytesAFailure: 0,
      bytesACycle: LINE_BYTES_A_CYCLE + (keep === 'all' ? longest : 0),
    };
  }
  // A checkpoint lists each written block; there are no more of those than updates.
  const blocks = Math.min(usableBytes === null ? Infinity : usableBytes / BLOCK_BYTES, all / BYTES_AN_UPDATE);
  const checkpoint = Math.ceil(blocks) * CHECKPOINT_BYTES_A_BLOCK;
  const file = checkpoint + Math.max(HISTORY_FILE_BYTES, checkpoint) + longest;
  const kept = Math.min(all, 2 * file + checkpoint);
  return {
    keep,
    ...rate,
    bytes: lines + kept,
    bytesAFailure: Math.min(all - kept, 3 * file),
    bytesACycle: LINE_BYTES_A_CYCLE + longest,
  };
}

function rateOf(rig: ResolvedRig, former: number | null): Pick<RecordSpace, 'writesPerSecond' | 'basis'> {
  const limit = rig.workload.maxWritesPerSecond;
  if (former !== null) return { writesPerSecond: former, basis: 'former run' };
  return limit > 0
    ? { writesPerSecond: limit, basis: 'profile' }
    : { writesPerSecond: ASSUMED_WRITES_PER_SECOND, basis: 'assumption' };
}

/** A load continues while only the secondary is without power. */
function historyBytes(
  cycle: CycleSettings,
  writesPerSecond: number,
  rig: ResolvedRig,
  usableBytes: number | null,
): number {
  const loads = cycle.rounds.filter((round) => round.during === 'load');
  const loadMs = loads.reduce((sum, round) => sum + round.afterMs + cycle.powerOffMs, 0);
  const updates = (loadMs / 1000) * writesPerSecond;
  const { min, max } = rig.workload.writeBytes;
  const written = Math.min((updates * (min + max)) / 2, usableBytes ?? Infinity);
  return Math.round(updates * BYTES_AN_UPDATE + (written / BLOCK_BYTES) * BYTES_A_JUDGED_BLOCK);
}

/** Size by the profile alone; null where only the device knows it. */
export function areaBytes(rig: ResolvedRig, area: AreaName): number | null {
  const { device, sizeBytes } = rig[area];
  const disk = isLabDevice(rig[area])
    ? (rig.lab?.disks.find(({ name }) => name === labName(device))?.sizeBytes ?? null)
    : null;
  return sizeBytes === undefined || disk === null ? (sizeBytes ?? disk) : Math.min(sizeBytes, disk);
}

const BASIS: Record<RecordSpace['basis'], string> = {
  profile: "the profile's workload.rate",
  'former run': 'as in an earlier run',
  assumption: 'an assumption',
};

/** One sentence for people. */
export function describeNeed(need: RecordSpace): string {
  const rate = `at ${Math.round(need.writesPerSecond)} writes/s, ${BASIS[need.basis]}`;
  const history = `campaign.keepHistory: ${need.keep}`;
  if (need.keep === 'none') return `about ${formatBytes(need.bytes)} (${history})`;
  const more =
    need.bytesAFailure === 0
      ? ''
      : `, and up to ${formatBytes(need.bytesAFailure)} more for each of the first ${KEPT_FAILURES_MAX} cycles that do not pass`;
  return `about ${formatBytes(need.bytes)} while all cycles pass${more} (${history}; ${rate})`;
}

/** null: the free space is enough. */
export function shortOfRoom(need: RecordSpace, freeBytes: number, directory: string): string | null {
  if (need.bytes <= freeBytes) return null;
  return `${directory} has ${formatBytes(freeBytes)} free; the run's records need ${describeNeed(need)}: free some space, use --out, run fewer cycles, or set campaign.keepHistory: ${need.keep === 'all' ? 'failures' : 'none'}`;
}

/** Not even one cycle fits, and the need is not based on an assumption. */
export function hasNoRoom(need: RecordSpace, freeBytes: number): boolean {
  return need.basis !== 'assumption' && need.bytesACycle > freeBytes;
}

/** Free bytes where `path` is or would be made; null: not known. */
export function freeBytes(path: string): number | null {
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || at === dirname(at)) return null;
    }
  }
}
