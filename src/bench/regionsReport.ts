/** The result of `bench regions`: figures by size of a region, one recommendation, and both as printed. */
import type { FfiName } from '../blockdev/ffi/native.js';
import type { WorkloadSpec } from '../workload/workload.js';
import { formatTable, number, ratioOf, sizeName, withSpread, type Figure } from './figures.js';
import type { Plot } from './plotDrawing.js';

export interface RegionSample {
  acknowledgedPerSecond: number;
  /** Writes of the log and of the indicator area, both copies counted. */
  journalWritesPerUpdate: number;
  journalBytesPerUpdate: number;
  /** Milliseconds until the evidence of an update is durable; 0 if it was durable before. */
  evidenceWaitMsMedian: number;
  evidenceWaitMsP99: number;
  dirtyBytesAfterCrash: number;
  resyncMs: number;
}

export interface RegionCase {
  regionBytes: number;
  /** Bytes of the regions that the workload touches, over the bytes that it changes. */
  dirtyPerChanged: number;
  /** Of the core, for all regions. */
  memoryBytes: number;
  figures: Record<keyof RegionSample, Figure>;
  /** Acknowledged updates per second over those of the size with the best median, round by round. */
  overBest: Figure;
}

/** A case before it is compared with the others: its acknowledged updates per second in each round. */
export type MeasuredRegions = Omit<RegionCase, 'overBest'> & { rates: number[] };

export interface RegionsBenchmarkSettings {
  devices: string;
  seconds: number;
  rounds: number;
  ffi: FfiName;
  workload: WorkloadSpec;
}

export interface RegionsBenchmarkResult extends RegionsBenchmarkSettings {
  schemaVersion: 1;
  bench: 'regions';
  cases: RegionCase[];
  recommended: { regionBytes: number; reason: string };
  notes: string[];
}

/** A size is as fast as the fastest if the median of its ratios is not below: rounds differ more on a quiet host. */
const AS_FAST = 0.95;

export function summarizeRegions(
  settings: RegionsBenchmarkSettings,
  measured: readonly MeasuredRegions[],
  notes: string[],
): RegionsBenchmarkResult {
  const cases = compareSizes(measured);
  return { schemaVersion: 1, bench: 'regions', ...settings, cases, recommended: recommend(cases), notes };
}

export function compareSizes(measured: readonly MeasuredRegions[]): RegionCase[] {
  const rate = (c: MeasuredRegions): number => c.figures.acknowledgedPerSecond.median;
  const best = measured.reduce((a, b) => (rate(b) > rate(a) ? b : a));
  return measured.map(({ rates, ...c }) => ({ ...c, overBest: ratioOf(rates, best.rates) }));
}

/** The smallest size that is as fast as the fastest one: a smaller one is slower, a larger one only copies more. */
export function recommend(cases: readonly RegionCase[]): { regionBytes: number; reason: string } {
  const rate = (c: RegionCase): number => c.figures.acknowledgedPerSecond.median;
  const best = cases.reduce((a, b) => (rate(b) > rate(a) ? b : a));
  const at = cases.findIndex((c) => c.overBest.median >= AS_FAST);
  const chosen = cases[at];
  const [smaller, larger] = [cases.at(at - 1), cases.at(at + 1)];
  const percent = (c: RegionCase): string => `${Math.round(100 * c.overBest.median)} %`;
  const reasons = [
    `the smallest size with at least ${AS_FAST * 100} % of the best rate (${number(rate(best))} updates/s with ${sizeName(best.regionBytes)}): it has ${percent(chosen)}`,
  ];
  if (at > 0 && smaller !== undefined)
    reasons.push(
      `${sizeName(smaller.regionBytes)} has ${percent(smaller)}, with ${number(smaller.figures.journalWritesPerUpdate.median)} journal writes per update instead of ${number(chosen.figures.journalWritesPerUpdate.median)}`,
    );
  if (larger !== undefined)
    reasons.push(
      `with ${sizeName(larger.regionBytes)} an outage of S makes ${number(larger.dirtyPerChanged)} bytes dirty per changed byte instead of ${number(chosen.dirtyPerChanged)}`,
    );
  return { regionBytes: chosen.regionBytes, reason: reasons.join('; ') };
}

const MIB = 2 ** 20;

export function formatRegions(result: RegionsBenchmarkResult): string {
  const { pattern, skew } = result.workload.addresses;
  const { min, max } = result.workload.writeBytes;
  return [
    `${result.devices}; ${result.rounds} interleaved rounds; ${pattern === 'skewed' ? `skewed (theta ${skew})` : 'uniform'} writes of ${sizeName(min)} to ${sizeName(max)}, ${result.workload.queueDepth} in flight`,
    '',
    formatTable(
      'by size of a region (medians of the rounds)',
      [
        'region',
        'updates/s',
        'journal writes',
        'journal bytes',
        'evidence wait ms',
        'p99 ms',
        'dirty / changed',
        'dirty after a crash, MiB',
        'its resync, ms',
        'memory, MiB',
      ],
      result.cases.map(({ regionBytes, dirtyPerChanged, memoryBytes, figures: f }) => [
        sizeName(regionBytes),
        withSpread(f.acknowledgedPerSecond),
        number(f.journalWritesPerUpdate.median),
        number(f.journalBytesPerUpdate.median),
        number(f.evidenceWaitMsMedian.median),
        number(f.evidenceWaitMsP99.median),
        number(dirtyPerChanged),
        number(f.dirtyBytesAfterCrash.median / MIB),
        number(f.resyncMs.median),
        number(memoryBytes / MIB),
      ]),
    ),
    '  journal writes and bytes: per update, both copies. dirty / changed: bytes that the first 10 000 writes make dirty',
    '  while S is away, over the bytes that they change.',
    `recommended: regionSize: ${sizeName(result.recommended.regionBytes).replace(' ', '')}, ${result.recommended.reason}.`,
    ...result.notes.map((note) => `note: ${note}`),
  ].join('\n');
}

export function plotRegions(result: RegionsBenchmarkResult): Plot {
  const best = Math.max(...result.cases.map((c) => c.figures.acknowledgedPerSecond.median));
  const relative = ({ median, min, max, spread }: Figure): Figure => ({
    median: median / best,
    min: min / best,
    max: max / best,
    spread,
  });
  const exact = (value: number): Figure => ({ median: value, min: value, max: value, spread: 0 });
  return {
    title: `Size of a region; recommended: ${sizeName(result.recommended.regionBytes)}`,
    subtitle: `${result.devices}; ${result.rounds} interleaved rounds`,
    categories: result.cases.map((c) => sizeName(c.regionBytes)),
    xLabel: 'region size',
    yLabel: 'see legend',
    scale: 'logarithmic',
    shape: 'lines',
    series: [
      { name: 'updates/s, over the best', values: result.cases.map((c) => relative(c.figures.acknowledgedPerSecond)) },
      { name: 'journal writes per update', values: result.cases.map((c) => c.figures.journalWritesPerUpdate) },
      { name: 'dirty bytes per changed byte', values: result.cases.map((c) => exact(c.dirtyPerChanged)) },
    ],
  };
}
