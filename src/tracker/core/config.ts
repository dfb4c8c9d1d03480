/** The core's configuration and its limits. `checkConfig` checks it once; no other code checks it again. */

export interface CoreConfig {
  /** Bytes of a region: a power of two. The last region may be short. */
  regionBytes: number;
  /** Bytes of a storage area that are used. */
  usableBytes: number;
  mode: 'sync' | 'async';
  /** `completed` is UNSAFE: it treats a completed write as durable, which breaks R4. */
  acknowledge: 'durable' | 'completed';
  /** The most updates in flight. */
  updateSlots: number;
  /** The most regions that all updates in flight touch together; a region counts once for each update. */
  regionReferences: number;
  transactionSlots: number;
  lingerMs: number;
  hotRegions: number;
  ackTimeoutMs: number;
  groupCommitMs: number;
  flushEveryWrites: number;
  flushIntervalMs: number;
  resync: ResyncConfig;
  /** Writes of this area are durable when they complete (FUA). */
  durableOnCompletion: { primary: boolean; secondary: boolean; journal: boolean };
  /** Journal writes (commits and pages) in flight. */
  journalDepth: number;
  log: LogConfig;
  /** Regions whose indicators are on one page of the indicator area. */
  regionsPerGroup: number;
}

export interface ResyncConfig {
  /** Copies whose I/O is in flight or waits for earlier updates. Each delays new updates to its region. */
  depth: number;
  /** These copies, and those whose I/O is over and that wait for a flush or for the clearing of their bit. */
  slots: number;
  /** On average over a few copies; 0: as fast as the devices. */
  maxBytesPerSecond: number;
  /** Share of the time in which copies run while the application writes, above 0 and up to 1. */
  minShare: number;
  /** While the application writes, copies of this size together run at a time; at least one copy. */
  turnBytes: number;
}

export interface LogConfig {
  /** Blocks of one copy of the ring; a multiple of `blocksPerUnit`. */
  ringBlocks: number;
  /** A commit is padded to a multiple of this many blocks. */
  blocksPerUnit: number;
  recordsPerBlock: number;
  /** Sequence number of the first block that the core writes; a multiple of `blocksPerUnit`. */
  firstSequence: number;
  /** The highest block that recovery found durable: firstSequence - 1 on a new log. */
  recoveredThrough: number;
  /** The most commits in flight. */
  commitsInFlight: number;
  /** Largest commit, in units. */
  unitsPerCommit: number;
}

/**
 * Units of the ring that only the first commits after a recovery may use: a crash during recovery still finds the
 * earlier evidence intact.
 */
export const OPENING_UNITS = 2;

/** The smallest ring: two opening units, a reserve of two, and room for commits. */
export const MIN_RING_UNITS = 8;

/** A resync copy covers one region, and a length field has 32 bits. */
const REGION_BYTES_MAX = 2 ** 31;
/** Exclusive. */
export const UPDATE_BYTES_END = 2 ** 32;

/** 34 years: longer than any campaign, and its sum with a clock in milliseconds is an exact double. */
const TIME_MS_MAX = 2 ** 40;

export function checkConfig(c: CoreConfig): CoreConfig {
  const integer = (name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): void => {
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new RangeError(`${name} ${value}: must be an integer from ${min} to ${max}`);
    }
  };
  // Times may have fractions. NaN is refused: every comparison with it is false, so the deadline would never expire.
  const time = (name: string, value: number, min: number): void => {
    if (!(value >= min && value <= TIME_MS_MAX))
      throw new RangeError(`${name} ${value}: must be a time from ${min} to ${TIME_MS_MAX} ms`);
  };
  integer('regionBytes', c.regionBytes, 512, REGION_BYTES_MAX);
  if (2 ** Math.round(Math.log2(c.regionBytes)) !== c.regionBytes) {
    throw new RangeError(`regionBytes ${c.regionBytes}: must be a power of two`);
  }
  integer('usableBytes', c.usableBytes, 512);
  integer('regions (usableBytes / regionBytes)', Math.ceil(c.usableBytes / c.regionBytes), 1, 2 ** 32);
  integer('updateSlots', c.updateSlots, 1, 2 ** 24);
  integer('regionReferences', c.regionReferences, 1, 2 ** 26);
  integer('transactionSlots', c.transactionSlots, 1, 2 ** 24);
  integer('hotRegions', c.hotRegions, 0, 2 ** 24);
  time('lingerMs', c.lingerMs, 0);
  time('ackTimeoutMs', c.ackTimeoutMs, Number.MIN_VALUE);
  time('groupCommitMs', c.groupCommitMs, 0);
  integer('flushEveryWrites', c.flushEveryWrites, 1);
  time('flushIntervalMs', c.flushIntervalMs, 0);
  integer('resync.depth', c.resync.depth, 1, c.resync.slots);
  integer('resync.slots', c.resync.slots, 1, 2 ** 20);
  integer('resync.turnBytes', c.resync.turnBytes, 1);
  if (!(c.resync.maxBytesPerSecond >= 0 && c.resync.maxBytesPerSecond <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`resync.maxBytesPerSecond ${c.resync.maxBytesPerSecond}: must be 0 or a rate`);
  if (!(c.resync.minShare > 0 && c.resync.minShare <= 1))
    throw new RangeError(`resync.minShare ${c.resync.minShare}: must be above 0 and at most 1`);
  integer('journalDepth', c.journalDepth, 1, 1024);
  integer('regionsPerGroup', c.regionsPerGroup, 1);
  integer('log.blocksPerUnit', c.log.blocksPerUnit, 1);
  integer('log.recordsPerBlock', c.log.recordsPerBlock, 1);
  integer('log.commitsInFlight', c.log.commitsInFlight, 1, 64);
  integer('log.unitsPerCommit', c.log.unitsPerCommit, 1);
  integer('log.ringBlocks', c.log.ringBlocks, MIN_RING_UNITS * c.log.blocksPerUnit, 2 ** 30);
  for (const [name, value] of [
    ['ringBlocks', c.log.ringBlocks],
    ['firstSequence', c.log.firstSequence],
  ] as const) {
    if (value % c.log.blocksPerUnit !== 0) {
      throw new RangeError(`log.${name} ${value}: must be a multiple of blocksPerUnit ${c.log.blocksPerUnit}`);
    }
  }
  return c;
}
