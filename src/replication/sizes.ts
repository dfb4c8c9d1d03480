/** Computes from the profile: the pools of the core, the depth of the I/O ring, and the layout of the arena. */
import type { CoreConfig } from '../tracker/core/config.js';
import {
  BLOCKS_PER_UNIT,
  COMMITS_IN_FLIGHT,
  RECORDS_PER_BLOCK,
  REGIONS_PER_GROUP,
  UNIT_BYTES,
  unitsPerCommit,
} from '../tracker/journal/layout.js';
import type { JournalGeometry } from '../tracker/journal/format.js';
import type { JournalRecovery } from '../tracker/journal/recovery.js';
import type { DeviceRef } from '../blockdev/blockDevice.js';
import type { TrackingSpec } from './replicationEngine.js';
import { BULK_ARENA_BYTES, CHUNK_BYTES } from './scan/bulk.js';

/** Resync copies in flight: enough to overlap reads with writes. Each delays application writes to its region. */
const RESYNC_DEPTH = 8;
const JOURNAL_DEPTH = 8;
/** Queue depth without a workload (resync, verify): copies only. */
const IDLE_QUEUE_DEPTH = 1;

export interface DriverSizes {
  core: CoreConfig;
  ioDepth: number;
  arenaBytes: number;
  /** Arena offsets, and the size of one buffer of each kind. */
  slotOffset: number;
  slotBytes: number;
  copyOffset: number;
  copyBytes: number;
  logOffset: number;
  logBytes: number;
  pageOffset: number;
}

export interface DriverSizesInput {
  geometry: JournalGeometry;
  ringBlocks: number;
  tracking: TrackingSpec;
  durability: {
    primary: DeviceRef['durability'];
    secondary: DeviceRef['durability'];
    journal: DeviceRef['durability'];
  };
  /** Null: no workload. */
  workload: { queueDepth: number; writeBytesMax: number } | null;
  recovery: Pick<JournalRecovery, 'firstSequence' | 'recoveredThrough'>;
}

export function planDriver(input: DriverSizesInput): DriverSizes {
  const { geometry, tracking, workload, durability } = input;
  const queueDepth = workload?.queueDepth ?? IDLE_QUEUE_DEPTH;
  const slotBytes = workload === null ? 0 : roundUp(Math.min(workload.writeBytesMax, geometry.usableBytes), UNIT_BYTES);
  // Async: the updates that S has not written yet may be as many again as those that the application waits for.
  const updateSlots = queueDepth * (tracking.mode === 'async' ? 2 : 1) + RESYNC_DEPTH;
  const regionsPerUpdate = Math.ceil(slotBytes / geometry.regionBytes) + 1;
  const commitUnits = unitsPerCommit(input.ringBlocks);
  const core: CoreConfig = {
    regionBytes: geometry.regionBytes,
    usableBytes: geometry.usableBytes,
    mode: tracking.mode,
    acknowledge: tracking.acknowledge,
    updateSlots,
    regionReferences: updateSlots * regionsPerUpdate,
    // A transaction with lingering evidence keeps its slot: at worst each hot region keeps another one.
    transactionSlots: updateSlots * 2 + tracking.hotRegions + updateSlots * regionsPerUpdate + 16,
    lingerMs: tracking.lingerMs,
    hotRegions: tracking.hotRegions,
    ackTimeoutMs: tracking.ackTimeoutMs,
    groupCommitMs: tracking.groupCommitMs,
    flushEveryWrites: tracking.flushEveryWrites,
    flushIntervalMs: tracking.flushIntervalMs,
    resyncDepth: RESYNC_DEPTH,
    journalDepth: JOURNAL_DEPTH,
    durableOnCompletion: {
      primary: durability.primary === 'fua',
      secondary: durability.secondary === 'fua',
      journal: durability.journal === 'fua',
    },
    log: {
      ringBlocks: input.ringBlocks,
      blocksPerUnit: BLOCKS_PER_UNIT,
      recordsPerBlock: RECORDS_PER_BLOCK,
      firstSequence: input.recovery.firstSequence,
      recoveredThrough: input.recovery.recoveredThrough,
      commitsInFlight: COMMITS_IN_FLIGHT,
      unitsPerCommit: commitUnits,
    },
    regionsPerGroup: REGIONS_PER_GROUP,
  };
  const copyBytes = Math.min(CHUNK_BYTES, Math.max(geometry.regionBytes, UNIT_BYTES));
  const logBytes = commitUnits * UNIT_BYTES;
  // The bulk passes use the start of the arena; they never run while the core submits I/O.
  const slotOffset = 0;
  const copyOffset = slotOffset + updateSlots * slotBytes;
  const logOffset = copyOffset + RESYNC_DEPTH * copyBytes;
  const pageOffset = logOffset + (COMMITS_IN_FLIGHT + 1) * 2 * logBytes;
  return {
    core,
    ioDepth: 2 * updateSlots + 4 * (COMMITS_IN_FLIGHT + 1) + JOURNAL_DEPTH + 3 + 16,
    arenaBytes: Math.max(pageOffset + JOURNAL_DEPTH * UNIT_BYTES, BULK_ARENA_BYTES),
    slotOffset,
    slotBytes,
    copyOffset,
    copyBytes,
    logOffset,
    logBytes,
    pageOffset,
  };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
