/** The result of `bench resync`: figures over the rounds, ratios computed for each round, and both as printed. */
import type { FfiName } from '../blockdev/ffi/native.js';
import { figureOf, formatTable, number, ratio, ratioOf, sizeName, withSpread, type Figure } from './figures.js';
import type { Plot } from './plotDrawing.js';
import type { Contender } from './rounds.js';

type Speed = Contender<'bytesPerSecond'>;

export interface ResyncContenders {
  regionBytes: number;
  dirtyRegions: number;
  ours: Speed;
  dd: Speed;
  /** null: fio is not installed. */
  read: Speed | null;
  write: Speed | null;
  both: Speed | null;
  all: Speed[];
}

export interface ResyncCaseResult {
  regionBytes: number;
  /** Dirty regions of each resync, scattered over the area. */
  dirtyRegions: number;
  bytesPerSecond: Figure;
  dd: Figure;
  /** null: fio is not installed. */
  fioRead: Figure | null;
  fioWrite: Figure | null;
  fioBoth: Figure | null;
  overDd: Figure;
  /** Over the smaller one of fio's reads of P and fio's writes of S, each alone on the host. */
  overLimit: Figure | null;
  /** Over fio's reads of P and writes of S at the same time, as a resync has them. */
  overBoth: Figure | null;
}

export interface ResyncBenchmarkSettings {
  devices: string;
  seconds: number;
  rounds: number;
  /** Version; null: not installed. */
  fio: string | null;
  ffi: FfiName;
}

export interface ResyncBenchmarkResult extends ResyncBenchmarkSettings {
  schemaVersion: 1;
  bench: 'resync';
  cases: ResyncCaseResult[];
  notes: string[];
}

const KEY = 'bytesPerSecond';

export function summarizeResync(
  settings: ResyncBenchmarkSettings,
  cases: readonly ResyncContenders[],
  notes: string[],
): ResyncBenchmarkResult {
  return { schemaVersion: 1, bench: 'resync', ...settings, cases: cases.map(caseResult), notes };
}

function caseResult({ regionBytes, dirtyRegions, ours, dd, read, write, both }: ResyncContenders): ResyncCaseResult {
  const speeds = ours.values(KEY);
  const limits =
    read === null || write === null
      ? null
      : read.values(KEY).map((bytes, round) => Math.min(bytes, write.values(KEY)[round]));
  const figure = (contender: Speed | null): Figure | null => contender?.figures.bytesPerSecond ?? null;
  return {
    regionBytes,
    dirtyRegions,
    bytesPerSecond: figureOf(speeds),
    dd: dd.figures.bytesPerSecond,
    fioRead: figure(read),
    fioWrite: figure(write),
    fioBoth: figure(both),
    overDd: ratioOf(speeds, dd.values(KEY)),
    overLimit: limits === null ? null : ratioOf(speeds, limits),
    overBoth: ours.over(both, KEY, KEY),
  };
}

const NONE = '–';
const MIB = 2 ** 20;

export function formatResync(result: ResyncBenchmarkResult): string {
  const speed = (figure: Figure | null): string => (figure === null ? NONE : withSpread(figure, 1 / MIB));
  const over = (figure: Figure | null): string => (figure === null ? NONE : ratio(figure));
  return [
    `${result.devices}; ${result.rounds} interleaved rounds; ${result.fio ?? 'no fio'}`,
    '',
    formatTable(
      'resync of scattered regions from P to S, until it is durable on S and in the journal (MiB/s; median, minimum and maximum of the rounds)',
      ['region', 'dirty', 'resync', 'dd', 'fio: P', 'fio: S', 'fio: both', '/ dd', '/ min(P, S)', '/ both'],
      result.cases.map((c) => [
        sizeName(c.regionBytes),
        number(c.dirtyRegions),
        speed(c.bytesPerSecond),
        speed(c.dd),
        speed(c.fioRead),
        speed(c.fioWrite),
        speed(c.fioBoth),
        over(c.overDd),
        over(c.overLimit),
        over(c.overBoth),
      ]),
    ),
    '  dd: copies as many bytes from P to S, in one piece, with blocks of the size of a region, and flushes S at its end.',
    '  fio: random reads of P, random writes of S, each alone and both at the same time; without a flush.',
    ...result.notes.map((note) => `note: ${note}`),
  ].join('\n');
}

export function plotResync(result: ResyncBenchmarkResult): Plot {
  const of = (name: string, value: (c: ResyncCaseResult) => Figure | null) => ({
    name,
    values: result.cases.map((c) => inMib(value(c))),
  });
  const all = [
    of('resync', (c) => c.bytesPerSecond),
    of('dd', (c) => c.dd),
    of('fio reads P', (c) => c.fioRead),
    of('fio writes S', (c) => c.fioWrite),
    of('fio, both at once', (c) => c.fioBoth),
  ];
  return {
    title: 'Resync of scattered regions',
    subtitle: `${result.devices}; ${result.rounds} interleaved rounds; ${result.fio ?? 'no fio'}`,
    categories: result.cases.map((c) => sizeName(c.regionBytes)),
    xLabel: 'region size',
    yLabel: 'MiB/s',
    scale: 'linear',
    shape: 'bars',
    series: all.filter((s) => s.values.some((v) => v !== null)),
  };
}

function inMib(figure: Figure | null): Figure | null {
  if (figure === null) return null;
  const { median, min, max, spread } = figure;
  return { median: median / MIB, min: min / MIB, max: max / MIB, spread };
}
