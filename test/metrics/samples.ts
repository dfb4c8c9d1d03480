/** Sample reports of engine and judge, and a parser of the text exposition format. */
import { DurationCounter } from '../../src/replication/meter.js';
import type {
  DurationCounts,
  ReplicationSnapshot,
  JudgeReport,
  RecoveryReport,
  ResyncReport,
} from '../../src/replication/replicationEngine.js';
import type { Metrics } from '../../src/metrics/metrics.js';

/** Counts as the worker does. */
export function counted(...seconds: number[]): DurationCounts {
  const counter = new DurationCounter();
  for (const one of seconds) counter.add(one);
  return counter.drain();
}

export const snapshot: ReplicationSnapshot = {
  phase: 'load',
  regionCount: 1024,
  dirtyRegions: 40,
  persistedIndicators: 7,
  updatesInFlight: 32,
  logUsedBytes: 8192,
  logBytes: 1_048_576,
  writes: { primary: 100, secondary: 90, journal: 30 },
  writeBytes: { primary: 409_600, secondary: 368_640, journal: 122_880 },
  resyncBytes: 65_536,
  resyncRemainingRegions: 3,
  phaseDone: 0.25,
  phaseBytesPerSecond: 0,
  writeDurations: { primary: counted(0.0001, 0.0002), secondary: counted(0.02), journal: counted(0.003) },
  evidenceWaits: counted(0.000_5),
  evidenceWaitSeconds: [0.000_5],
};

export const judged: JudgeReport = {
  lostIndicators: 2,
  lostIndicatorRegions: [5, 9],
  differingRegions: 12,
  dirtyRegions: 40,
  falseDirtyRegions: 30,
  lostAcknowledgedSectors: 4,
  samples: [],
  areas: {
    primary: { faults: { 'lost-write': 3 }, legal: { 'cache-loss': 11 }, sectorsRead: 100 },
    secondary: { faults: {}, legal: { 'torn-inflight': 1 }, sectorsRead: 100 },
  },
  durationMs: 12,
};

export const recovery: RecoveryReport = {
  regionCount: 1024,
  dirtyRegions: 40,
  fromIndicatorArea: 7,
  fromLog: 33,
  everythingDirty: false,
  findings: [
    { where: 'log', blockIndex: 3, problem: 'torn', effect: 'ignored', class: 'indicator-torn' },
    { where: 'indicator-area', blockIndex: 0, problem: 'crc', effect: 'region-range-dirty', class: 'indicator-rot' },
    { where: 'superblock', blockIndex: 1, problem: 'stale', effect: 'repaired', class: 'indicator-torn' },
  ],
  durationMs: 42,
};

export const resync: ResyncReport = {
  regions: 40,
  bytes: 2_621_440,
  durationMs: 700,
  complete: true,
  remainingRegions: 0,
};

/** Reports everything once, as a campaign of one cycle does. */
export function oneCycle(m: Metrics): void {
  m.sampled(snapshot);
  m.railState('P', 'on');
  m.railCut('P', 23);
  m.railState('P', 'off');
  m.recovered(recovery);
  m.judged(judged);
  m.resynced(resync);
  m.deviceFault('secondary', 'late-return');
  m.cycleEnded('FAIL', 1);
}

/** `name{labels}` → value. */
export function parse(text: string): Map<string, number> {
  const lines = text.split('\n').filter((l) => l !== '' && !l.startsWith('#'));
  return new Map(lines.map((l) => [l.slice(0, l.lastIndexOf(' ')), Number(l.slice(l.lastIndexOf(' ') + 1))]));
}

/** The page of an exporter, in Prometheus text. */
export async function scrape(url: string): Promise<string> {
  return (await fetch(url)).text();
}
