/** What a load did, what its updates cost, and where their time went. */
import type { AreaName } from '../base/areas.js';

export interface LoadReport {
  updatesIssued: number;
  updatesAcknowledged: number;
  updatesAnswered: number;
  updatesRefused: number;
  updatesGivenUp: number;
  writtenBytes: number;
  durationMs: number;
  /** Absent in a run that an older version recorded. */
  costs?: LoadCosts;
}

/** What the updates of a load cost. */
export interface LoadCosts {
  timings: UpdateTimings;
  journalBytes: number;
  flushes: Record<AreaName, number>;
}

/** Where the time of an update goes (updateTimes.ts); 0 without an update. */
export interface UpdateTimings {
  updates: number;
  /** Means, in milliseconds. */
  evidenceMs: number;
  transferMs: number;
  flushMs: number;
  /** From obtaining the update to its answer, in milliseconds. */
  latencyMsP50: number;
  latencyMsP99: number;
  latencyMsP999: number;
}
