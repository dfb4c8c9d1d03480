/** A run with a cycle of each verdict, and text that every report must escape. */
import type { CycleRecord, Run } from '../../src/report/runRecord.js';

export const NASTY = `<script>alert("x")</script> & 'y'`;

export function sampleCycle(index: number, change: Partial<CycleRecord> = {}): CycleRecord {
  const area = { faults: {}, legal: { current: 790, 'cache-loss': 10 }, sectorsRead: 800 };
  return {
    index,
    seed: 1000 + index,
    rails: ['P', 'S'],
    during: 'load',
    verdict: 'PASS',
    reasons: [],
    proofOfCut: { kind: 'device', detail: 'primary failed (errno 5, io) 12.5 ms after the command' },
    cutLatencyMs: { P: 12.5, S: 14.25 },
    outageMs: 500,
    recovery: {
      regionCount: 1024,
      dirtyRegions: 40,
      fromIndicatorArea: 8,
      fromLog: 32,
      everythingDirty: false,
      findings: [],
      durationMs: 3.5,
    },
    judge: {
      lostIndicators: 0,
      lostIndicatorRegions: [],
      differingRegions: 25,
      dirtyRegions: 40,
      falseDirtyRegions: 15,
      lostAcknowledgedSectors: 0,
      samples: [],
      areas: { primary: area, secondary: area },
      durationMs: 210,
    },
    resync: { regions: 40, bytes: 40 * 65_536, durationMs: 125, complete: true, remainingRegions: 0 },
    verify: { equal: true, bytes: 64 * 1024 * 1024, differingRegions: 0, firstDifferenceBytes: null, durationMs: 180 },
    load: {
      updatesIssued: 900,
      updatesAcknowledged: 850,
      updatesAnswered: 860,
      updatesRefused: 0,
      updatesGivenUp: 4,
      writtenBytes: 9_000_000,
      durationMs: 650,
    },
    ...change,
  };
}

export function sampleRun(): Run {
  const failed = sampleCycle(1, {
    verdict: 'FAIL',
    reasons: [{ code: 'LOST_INDICATOR', rule: 'I1', text: `1 regions differ ${NASTY}` }],
    judge: {
      ...sampleCycle(1).judge!,
      lostIndicators: 1,
      lostIndicatorRegions: [77],
      samples: [{ area: 'primary', lba: 9856, class: 'lost-write', expected: 'update 12 … 17', found: NASTY }],
      areas: {
        primary: { faults: { 'lost-write': 8 }, legal: { current: 792 }, sectorsRead: 800 },
        secondary: { faults: {}, legal: { current: 800 }, sectorsRead: 800 },
      },
    },
  });
  const invalid = sampleCycle(2, {
    verdict: 'INVALID',
    reasons: [
      { code: 'CUT_UNPROVEN', rule: 'relay-lie', text: 'no device proves that the power was cut (best proof: echo)' },
    ],
    proofOfCut: { kind: 'echo', detail: 'primary continued to work' },
    cutLatencyMs: {},
    outageMs: null,
    recovery: null,
    judge: null,
    resync: null,
    verify: null,
    load: null,
  });
  return {
    run: {
      schemaVersion: 1,
      plugpull: '0.1.0',
      rig: { name: `bench ${NASTY}`, file: 'rigs/virtual-mirror.yaml' },
      seed: 42,
      runId: 123_456_789,
      replay: "plugpull replay 'runs/a b'",
      startedAt: '2026-01-02T03:04:05.000Z',
      endedAt: '2026-01-02T03:05:05.000Z',
      host: { kernel: '6.18.0', node: 'v20.20.0', cpus: 2, memoryBytes: 8 * 2 ** 30, io: 'io_uring', ffi: 'koffi' },
      devices: [
        {
          area: 'primary',
          path: '/dev/disk/by-id/wwn-0x5000',
          sizeBytes: 2 ** 26,
          logicalBlockBytes: 512,
          writeCache: 'write-back',
          model: NASTY,
          serial: 'S1',
          wwn: null,
          backingFile: null,
        },
      ],
      cyclesPlanned: 3,
      verdict: 'FAIL',
      counts: { PASS: 1, FAIL: 1, INVALID: 1 },
      failureRateUpperBound: 0.9747,
      interrupted: false,
      troubles: [],
    },
    cycles: [sampleCycle(0), failed, invalid],
  };
}
