/** The figures of a cycle that every kind of report shows. */
import { bytesPerSecond } from './format.js';
import type { CycleRecord } from './runRecord.js';

export interface CycleFigures {
  /** The slowest rail's; null: no cut was seen. */
  cutLatencyMs: number | null;
  dirtyRegions: number | null;
  lostIndicators: number | null;
  lostAcknowledgedSectors: number | null;
  /** Sectors in a class that is a fault, both areas. */
  faultySectors: number | null;
  recoveryMs: number | null;
  resyncMs: number | null;
  resyncBytes: number | null;
  resyncBytesPerSecond: number | null;
  /** Of the steps that were timed. */
  totalMs: number;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function cycleFigures(cycle: CycleRecord): CycleFigures {
  const latencies = Object.values(cycle.cutLatencyMs);
  const { recovery, judge, resync, verify, load } = cycle;
  return {
    cutLatencyMs: latencies.length === 0 ? null : Math.max(...latencies),
    dirtyRegions: recovery?.dirtyRegions ?? null,
    lostIndicators: judge?.lostIndicators ?? null,
    lostAcknowledgedSectors: judge?.lostAcknowledgedSectors ?? null,
    faultySectors:
      judge === null
        ? null
        : sum(Object.values(judge.areas.primary.faults)) + sum(Object.values(judge.areas.secondary.faults)),
    recoveryMs: recovery?.durationMs ?? null,
    resyncMs: resync?.durationMs ?? null,
    resyncBytes: resync?.bytes ?? null,
    resyncBytesPerSecond: resync === null ? null : bytesPerSecond(resync.bytes, resync.durationMs),
    totalMs: sum([load, recovery, judge, resync, verify].map((step) => step?.durationMs ?? 0)) + (cycle.outageMs ?? 0),
  };
}
