/** The observations of a cycle that passes; `change` replaces some of them. */
import type { CycleObservations } from '../../src/judge/verdict/verdict.js';

export function soundCycle(change: Partial<CycleObservations> = {}): CycleObservations {
  const area = { faults: {}, legal: { current: 800 }, sectorsRead: 800 };
  return {
    proofOfCut: 'device',
    recovery: {
      regionCount: 100,
      dirtyRegions: 5,
      fromIndicatorArea: 1,
      fromLog: 4,
      everythingDirty: false,
      findings: [],
      durationMs: 12,
    },
    judge: {
      lostIndicators: 0,
      lostIndicatorRegions: [],
      differingRegions: 3,
      dirtyRegions: 5,
      falseDirtyRegions: 2,
      lostAcknowledgedSectors: 0,
      samples: [],
      areas: { primary: area, secondary: area },
      durationMs: 50,
    },
    resync: { regions: 5, bytes: 5 * 65536, durationMs: 20, complete: true, remainingRegions: 0 },
    verify: { equal: true, bytes: 409_600, differingRegions: 0, firstDifferenceBytes: null, durationMs: 30 },
    limits: { recoveryMs: null, resyncMs: null, falseDirtyRegions: null },
    deviceFaults: [],
    rigFailure: null,
    ...change,
  };
}
