/**
 * The core as it is measured: every update touches one region, devices answer at once and durably (FUA), evidence goes
 * through the log and does not linger, so that each update pays for its record and its release. The log is so large that
 * it never presses.
 */
import type { CoreConfig } from '../tracker/core/config.js';
import { BLOCKS_PER_UNIT, RECORDS_PER_BLOCK, REGIONS_PER_GROUP } from '../tracker/journal/layout.js';

export const REGION_BYTES = 2 ** 20;
export const UPDATE_BYTES = 512;
/** Updates obtained before what they need is written, and acknowledged together: a busy ring's round. */
export const BATCH = 256;
/** Update ids; over the updates in flight they do not repeat. */
export const UPDATE_IDS = 2 ** 30;
export const WRITES_PER_TRANSACTION = 8;

/** A record of a write, of its release, and the transaction's share of begin and complete. */
const RECORDS_PER_UPDATE = 3;
/** With random acks the oldest update is about ln(in flight) times as old as the mean; the ring is kept emptier still. */
const RING_FACTOR = 32;
const RING_BLOCKS_MIN = 2 ** 13;
const RING_BLOCKS_MAX = 2 ** 23;

/** A profile's default; without lingering it is only room for evidence that is about to be released. */
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
    resyncDepth: 1,
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
