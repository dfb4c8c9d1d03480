/** What the core must be told; checked here once, so that nothing behind it checks again. */

export interface CoreConfig {
  /** Bytes of a region: a power of two. The last region may be short. */
  regionBytes: number;
  /** Bytes of a storage area that are used. */
  usableBytes: number;
  mode: 'sync' | 'async';
  /** `completed` is UNSAFE: it takes completion for durability (breaks R4). */
  acknowledge: 'durable' | 'completed';
  /** Updates and resync copies that may be known at once. */
  updateSlots: number;
  /** The most regions that all updates in flight may touch together. */
  regionReferences: number;
  transactionSlots: number;
  lingerMs: number;
  hotRegions: number;
  ackTimeoutMs: number;
  groupCommitMs: number;
  flushEveryWrites: number;
  flushIntervalMs: number;
  /** Resync copies in flight. */
  resyncDepth: number;
  /** Writes of this area are durable when they complete (FUA). */
  durableOnCompletion: { primary: boolean; secondary: boolean; journal: boolean };
  /** Journal writes (commits and pages) in flight. */
  journalDepth: number;
  log: LogConfig;
  /** Regions whose indicators are written together. */
  regionsPerGroup: number;
}

export interface LogConfig {
  /** Blocks of one copy of the ring; a multiple of `blocksPerUnit`. */
  ringBlocks: number;
  /** What is written at once is padded to this many blocks. */
  blocksPerUnit: number;
  recordsPerBlock: number;
  /** Sequence number of the first block that will be written; a multiple of `blocksPerUnit`. */
  firstSequence: number;
  /** The highest block that recovery found durable: firstSequence - 1 on a new log. */
  recoveredThrough: number;
  /** Commits under way at once. */
  commitsInFlight: number;
  /** Largest commit, in units. */
  unitsPerCommit: number;
}

/**
 * Units of the ring that only the first commits after a recovery may use: a crash during recovery still finds the earlier
 * evidence intact.
 */
export const OPENING_UNITS = 2;

/** The smallest ring: two opening units, the reserve of two, and room to write. */
export const MIN_RING_UNITS = 8;

/** A resync copy is a region at once; lengths have 32 bits. */
const REGION_BYTES_MAX = 2 ** 31;
/** Exclusive. */
export const UPDATE_BYTES_END = 2 ** 32;

/** Longer than a campaign; sums with a clock of milliseconds stay exact. */
const TIME_MS_MAX = 2 ** 40;

export function checkConfig(c: CoreConfig): CoreConfig {
  const whole = (name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): void => {
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new RangeError(`${name} ${value}: must be a whole number from ${min} to ${max}`);
    }
  };
  // Times may have fractions. NaN makes every comparison false: a deadline that never comes.
  const time = (name: string, value: number, min: number): void => {
    if (!(value >= min && value <= TIME_MS_MAX))
      throw new RangeError(`${name} ${value}: must be a time from ${min} to ${TIME_MS_MAX} ms`);
  };
  whole('regionBytes', c.regionBytes, 512, REGION_BYTES_MAX);
  if (2 ** Math.round(Math.log2(c.regionBytes)) !== c.regionBytes) {
    throw new RangeError(`regionBytes ${c.regionBytes}: must be a power of two`);
  }
  whole('usableBytes', c.usableBytes, 512);
  whole('regions (usableBytes / regionBytes)', Math.ceil(c.usableBytes / c.regionBytes), 1, 2 ** 32);
  whole('updateSlots', c.updateSlots, 1, 2 ** 24);
  whole('regionReferences', c.regionReferences, 1, 2 ** 26);
  whole('transactionSlots', c.transactionSlots, 1, 2 ** 24);
  whole('hotRegions', c.hotRegions, 0, 2 ** 24);
  time('lingerMs', c.lingerMs, 0);
  time('ackTimeoutMs', c.ackTimeoutMs, Number.MIN_VALUE);
  time('groupCommitMs', c.groupCommitMs, 0);
  whole('flushEveryWrites', c.flushEveryWrites, 1);
  time('flushIntervalMs', c.flushIntervalMs, 0);
  whole('resyncDepth', c.resyncDepth, 1, c.updateSlots);
  whole('journalDepth', c.journalDepth, 1, 1024);
  whole('regionsPerGroup', c.regionsPerGroup, 1);
  whole('log.blocksPerUnit', c.log.blocksPerUnit, 1);
  whole('log.recordsPerBlock', c.log.recordsPerBlock, 1);
  whole('log.commitsInFlight', c.log.commitsInFlight, 1, 64);
  whole('log.unitsPerCommit', c.log.unitsPerCommit, 1);
  whole('log.ringBlocks', c.log.ringBlocks, MIN_RING_UNITS * c.log.blocksPerUnit, 2 ** 30);
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
