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

/** Memory of the resync copies in flight: what a fast device moves in a few milliseconds. */
const COPY_ARENA_BYTES = 16 * 2 ** 20;
/** I/Os of resync in flight: half of them keep P busy, and half S. */
const COPY_BUFFERS_MAX = 64;
/** Copies of neighboring small regions are joined up to this size. */
const JOINED_BYTES = 256 * 1024;
/** Copies in flight. Each delays application writes to its region, so small regions are not copied by the thousand. */
const RESYNC_DEPTH_MAX = 512;
/** With one the next copy would start only when the last one has ended. */
const RESYNC_DEPTH_MIN = 2;
const JOURNAL_DEPTH = 8;
/** The application may already hand over its next updates while the slots of answered ones wait for S. */
const SPARE_SLOTS = 8;
const UNPACED = { maxBytesPerSecond: 0, minShare: 1 };
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
  /** Of one buffer: a part of a long copy, or the copies of neighboring regions. */
  copyBytes: number;
  copyBuffers: number;
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
  const updateSlots = queueDepth * (tracking.mode === 'async' ? 2 : 1) + SPARE_SLOTS;
  const copies = planCopies(geometry.regionBytes);
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
    resync: { ...copies.core, ...(tracking.resync ?? UNPACED), turnBytes: JOINED_BYTES },
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
  const logBytes = commitUnits * UNIT_BYTES;
  // The bulk passes use the start of the arena; they never run while the core submits I/O.
  const slotOffset = 0;
  const copyOffset = slotOffset + updateSlots * slotBytes;
  const logOffset = copyOffset + copies.buffers * copies.bytes;
  const pageOffset = logOffset + (COMMITS_IN_FLIGHT + 1) * 2 * logBytes;
  return {
    core,
    ioDepth: 2 * updateSlots + copies.buffers + 4 * (COMMITS_IN_FLIGHT + 1) + JOURNAL_DEPTH + 3 + 16,
    arenaBytes: Math.max(pageOffset + JOURNAL_DEPTH * UNIT_BYTES, BULK_ARENA_BYTES),
    slotOffset,
    slotBytes,
    copyOffset,
    copyBytes: copies.bytes,
    copyBuffers: copies.buffers,
    logOffset,
    logBytes,
    pageOffset,
  };
}

interface CopySizes {
  core: Pick<CoreConfig['resync'], 'depth' | 'slots'>;
  buffers: number;
  bytes: number;
}

/** Enough copies to keep all buffers busy, and as many again that wait for a flush meanwhile. */
function planCopies(regionBytes: number): CopySizes {
  const bytes = Math.min(CHUNK_BYTES, Math.max(regionBytes, JOINED_BYTES));
  const buffers = Math.min(COPY_BUFFERS_MAX, COPY_ARENA_BYTES / bytes);
  const regions = Math.floor((buffers * bytes) / regionBytes);
  const depth = Math.min(RESYNC_DEPTH_MAX, Math.max(RESYNC_DEPTH_MIN, regions));
  return { core: { depth, slots: 2 * depth }, buffers, bytes };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
