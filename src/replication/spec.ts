/** What the replication engine is given of a rig profile. Sizes in bytes, times in milliseconds. */
import type { DeviceRef } from '../blockdev/blockDevice.js';

export interface JournalRef extends DeviceRef {
  /** Bytes of the log ring (both copies together); the rest of the device holds superblocks and the indicator area. */
  logBytes: number;
}

export interface TrackingSpec {
  mode: 'sync' | 'async';
  /** `completed` acknowledges completion instead of durability: UNSAFE, kept to show that the judge catches it. */
  acknowledge: 'durable' | 'completed';
  regionBytes: number;
  lingerMs: number;
  hotRegions: number;
  ackTimeoutMs: number;
  /** How long evidence without a waiter may stay in an open log block. */
  groupCommitMs: number;
  /** A flush is sent to an area at the latest after so many completed writes … */
  flushEveryWrites: number;
  /** … or so long after the first of them. */
  flushIntervalMs: number;
}

/** Whose history of writes stays in the run directory: of the cycles around those that did not pass, of all, of none. */
export type KeepHistory = 'failures' | 'all' | 'none';
