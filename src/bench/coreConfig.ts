/**
 * The core's configuration in `bench core`. Each update touches one region; devices complete at once and durably (FUA);
 * evidence goes through the log and does not linger, so that each update causes a write record and a release record.
 * The log is so large that it never fills up.
 */
import type { CoreConfig } from '../tracker/core/config.js';
import { BLOCKS_PER_UNIT, RECORDS_PER_BLOCK, REGIONS_PER_GROUP } from '../tracker/journal/layout.js';

export const REGION_BYTES = 2 ** 20;
export const UPDATE_BYTES = 512;
/** Updates that are obtained before the log is written, and that complete together: one round of a busy I/O ring. */
export const BATCH = 256;
/** Update ids repeat after this many, which is more than are ever in flight. */
export const UPDATE_IDS = 2 ** 30;
export const WRITES_PER_TRANSACTION = 8;

/** A write record, a release record, and the update's share of the transaction's begin and completion records. */
const RECORDS_PER_UPDATE = 3;
/**
 * With random acknowledgements the oldest update is about ln(in flight) times as old as the mean; this factor is
 * larger.
 */
const RING_FACTOR = 32;
const RING_BLOCKS_MIN = 2 ** 13;
const RING_BLOCKS_MAX = 2 ** 23;

/** The default of a profile. Without lingering it only holds evidence until its release. */
const HOT_REGIONS = 1024;

export interface CoreSize {
  regionCount: number;
  inFlight: number;
}

export function measuredCore(size: CoreSize): CoreConfig {
  const updateSlots = size.inFlight + BATCH;
  const blocks = (updateSlots * RECORDS_PER_UPDATE * RING_FACTOR) / RECORDS_PER_BLOCK;
  const ringBlocks = 2 ** Math.ceil(Math.log2(Math.min(Math.max(blocks, RING_BLOCKS_MIN), RING_BLOCKS_MAX)));
  return {
    regionBytes: REGION_BYTES,
    usableBytes: size.regionCount * REGION_BYTES,
    mode: 'sync',
    acknowledge: 'durable',
    updateSlots,
    regionReferences: updateSlots,
    // With random acks each update in flight may be the last of its transaction.
    transactionSlots: updateSlots + 1,
    lingerMs: 0,
    hotRegions: HOT_REGIONS,
    ackTimeoutMs: 5000,
    groupCommitMs: 2,
    flushEveryWrites: 64,
    flushIntervalMs: 20,
    resync: { depth: 1, slots: 1, maxBytesPerSecond: 0, minShare: 1, turnBytes: 1 },
    durableOnCompletion: { primary: true, secondary: true, journal: true },
    journalDepth: 8,
    log: {
      ringBlocks,
      blocksPerUnit: BLOCKS_PER_UNIT,
      recordsPerBlock: RECORDS_PER_BLOCK,
      firstSequence: 0,
      recoveredThrough: -1,
      commitsInFlight: 4,
      unitsPerCommit: 16,
    },
    regionsPerGroup: REGIONS_PER_GROUP,
  };
}
