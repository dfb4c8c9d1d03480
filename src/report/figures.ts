/** The figures of a cycle that all reports show, and how a report writes numbers: three digits and a unit. */
import type { CycleRecord } from './runRecord.js';

export interface CycleFigures {
  /** Of the slowest rail; null: no failed I/O was seen. */
  cutLatencyMs: number | null;
  dirtyRegions: number | null;
  lostIndicators: number | null;
  lostAcknowledgedSectors: number | null;
  /** Sectors of both areas in a class that is a fault. */
  faultySectors: number | null;
  recoveryMs: number | null;
  resyncMs: number | null;
  resyncBytes: number | null;
  resyncBytesPerSecond: number | null;
  /** Sum of the timed steps. */
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

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
/** Written for a value that is not known. */
export const MISSING = '–';

function significant(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return MISSING;
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${significant(value)} ${BINARY_UNITS[unit]!}`;
}

export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return MISSING;
  if (ms < 1000) return `${significant(ms)} ms`;
  if (ms < 120_000) return `${significant(ms / 1000)} s`;
  return `${significant(ms / 60_000)} min`;
}

/** Null if nothing was copied or no time was measured: the rate would be 0 or infinite. */
function bytesPerSecond(bytes: number, durationMs: number): number | null {
  return bytes > 0 && durationMs > 0 ? (bytes / durationMs) * 1000 : null;
}

export function formatRate(rate: number | null | undefined): string {
  return rate === null || rate === undefined ? MISSING : `${formatBytes(rate)}/s`;
}

/** A probability in percent. */
export function formatPercent(fraction: number): string {
  return `${significant(fraction * 100)} %`;
}

export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? MISSING : String(count);
}
