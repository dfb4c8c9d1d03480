/** Reports of a replication engine that finds no fault. */
import type {
  JudgeReport,
  LoadReport,
  OpenReport,
  RecoveryReport,
  ResyncReport,
  VerifyReport,
} from '../../src/replication/replicationEngine.js';

export function opened(): OpenReport {
  return { identities: {} as OpenReport['identities'], usableBytes: 1 << 20, regionCount: 16, io: 'threads' };
}

export function load(issued = 100): LoadReport {
  return {
    updatesIssued: issued,
    updatesAcknowledged: 90,
    updatesAnswered: 90,
    updatesRefused: 0,
    updatesGivenUp: 10,
    writtenBytes: 409_600,
    durationMs: 500,
  };
}

export function recovery(): RecoveryReport {
  return {
    regionCount: 16,
    dirtyRegions: 3,
    fromIndicatorArea: 1,
    fromLog: 2,
    everythingDirty: false,
    findings: [],
    durationMs: 5,
  };
}

export function judge(): JudgeReport {
  return {
    lostIndicators: 0,
    lostIndicatorRegions: [],
    differingRegions: 2,
    dirtyRegions: 3,
    falseDirtyRegions: 1,
    lostAcknowledgedSectors: 0,
    samples: [],
    areas: {
      primary: { faults: {}, legal: {}, sectorsRead: 2048 },
      secondary: { faults: {}, legal: {}, sectorsRead: 2048 },
    },
    durationMs: 20,
  };
}

export function resync(): ResyncReport {
  return { regions: 3, bytes: 196_608, durationMs: 50, complete: true, remainingRegions: 0 };
}

export function verify(): VerifyReport {
  return { equal: true, bytes: 1 << 20, differingRegions: 0, firstDifferenceBytes: null, durationMs: 20 };
}
