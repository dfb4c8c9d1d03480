/** The result of `bench mirror`: figures over the rounds, ratios taken round by round, and both as printed. */
import type { FfiName } from '../blockdev/ffi/native.js';
import type { DeviceRef } from '../blockdev/blockDevice.js';
import { formatTable, number, ratio, withSpread, type Figure } from './figures.js';
import { WORKING_SETS, type EngineFigure, type MirrorFigure, type Mode, type WorkingSet } from './mirrorCases.js';
import type { Plot } from './plotDrawing.js';
import type { Contender } from './rounds.js';

/** The contenders with one number of updates outstanding. */
export interface MirrorContenders {
  depth: number;
  /** With fdatasync, then with O_DSYNC; empty without fio. */
  fio: readonly Contender<MirrorFigure>[];
  /** From raw writes on, each with one part more. */
  steps: readonly Contender<MirrorFigure>[];
  engine: readonly { set: WorkingSet; mode: Mode; contender: Contender<EngineFigure> }[];
}

/** Ratios; null without fio, or of the reference to itself. */
interface Ratios {
  /** Updates per second, over those of fio with fdatasync=32 and with O_DSYNC. */
  overFdatasync: Figure | null;
  overDsync: Figure | null;
  /** Updates per second, over our own raw mirrored writes. */
  overRaw: Figure | null;
  /** CPU time per update, over that of fio with fdatasync=32. */
  cpuOverFdatasync: Figure | null;
  /** Median latency of an update, over that of a write of fio with O_DSYNC. */
  latencyOverDsync: Figure | null;
}

export interface MirrorRow extends Ratios {
  depth: number;
  name: string;
  figures: Record<MirrorFigure, Figure>;
}

export interface EngineRow extends MirrorRow {
  set: WorkingSet;
  mode: Mode;
  figures: Record<EngineFigure, Figure>;
}

export interface MirrorSettings {
  devices: string;
  seconds: number;
  rounds: number;
  /** Version; null: not installed. */
  fio: string | null;
  ffi: FfiName;
  durability: DeviceRef['durability'];
}

export interface MirrorBenchmarkResult extends MirrorSettings {
  schemaVersion: 1;
  bench: 'mirror';
  fioRows: MirrorRow[];
  steps: MirrorRow[];
  engine: EngineRow[];
  notes: string[];
}

export function summarizeMirror(
  settings: MirrorSettings,
  all: readonly MirrorContenders[],
  notes: string[],
): MirrorBenchmarkResult {
  return {
    schemaVersion: 1,
    bench: 'mirror',
    ...settings,
    fioRows: all.flatMap((c) => c.fio.map((contender) => rowOf(c, contender))),
    steps: all.flatMap((c) => c.steps.map((contender) => rowOf(c, contender))),
    engine: all.flatMap((c) =>
      c.engine.map(({ set, mode, contender }) => ({
        ...rowOf(c, contender),
        set,
        mode,
        figures: contender.figures,
      })),
    ),
    notes,
  };
}

function rowOf(c: MirrorContenders, contender: Contender<MirrorFigure> | Contender<EngineFigure>): MirrorRow {
  const ours = contender as Contender<MirrorFigure>;
  const [fdatasync = null, dsync = null] = c.fio;
  const over = (reference: Contender<MirrorFigure> | null, key: MirrorFigure): Figure | null =>
    reference === ours ? null : ours.over(reference, key, key);
  return {
    depth: c.depth,
    name: ours.name,
    figures: ours.figures,
    overFdatasync: over(fdatasync, 'updatesPerSecond'),
    overDsync: over(dsync, 'updatesPerSecond'),
    overRaw: over(c.steps[0], 'updatesPerSecond'),
    cpuOverFdatasync: over(fdatasync, 'cpuMicrosecondsPerUpdate'),
    latencyOverDsync: over(dsync, 'latencyMsP50'),
  };
}

const NONE = '–';
const orNone = (figure: Figure | null): string => (figure === null ? NONE : ratio(figure));

export function formatMirror(result: MirrorBenchmarkResult): string {
  const { engine } = result;
  const sets = [...new Set(engine.map((e) => e.set))];
  const depths = [...new Set(result.steps.map((row) => row.depth))];
  const durability = result.durability === 'fua' ? 'each by itself (FUA or O_DSYNC)' : 'by flushes';
  const lines = [
    `${result.devices}; ${result.rounds} interleaved rounds; ${result.fio ?? 'no fio'}; our writes become durable ${durability}`,
    '4 KiB updates at random addresses, durable on both areas when they count.',
    ...sets.map((set) => `  ${set}: ${WORKING_SETS[set].description}`),
  ];
  for (const depth of depths) lines.push('', speedTable(result, depth));
  lines.push('', timelineTable(engine));
  lines.push(
    '  evidence: until the record of the region is durable and the writes are submitted; transfer: until both areas have',
    '  written; flush: until the flushes that cover the writes are over. async: until the answer, when P is durable.',
  );
  for (const note of result.notes) lines.push(`note: ${note}`);
  return lines.join('\n');
}

function speedTable({ fioRows, steps, engine }: MirrorBenchmarkResult, depth: number): string {
  const rows = [...fioRows, ...steps, ...engine].filter((row) => row.depth === depth);
  return formatTable(
    `${depth} outstanding: updates per second, CPU and latency (median, minimum and maximum of the rounds)`,
    [
      '',
      '/ fio fdatasync=32',
      '/ fio O_DSYNC',
      '/ raw',
      'CPU / fio',
      'latency / O_DSYNC',
      'updates per s',
      'CPU µs',
      'p50 ms',
      'p99 ms',
      'p99.9 ms',
    ],
    rows.map((row) => [
      row.name,
      orNone(row.overFdatasync),
      orNone(row.overDsync),
      orNone(row.overRaw),
      orNone(row.cpuOverFdatasync),
      orNone(row.latencyOverDsync),
      withSpread(row.figures.updatesPerSecond),
      withSpread(row.figures.cpuMicrosecondsPerUpdate),
      number(row.figures.latencyMsP50.median),
      number(row.figures.latencyMsP99.median),
      number(row.figures.latencyMsP999.median),
    ]),
  );
}

function timelineTable(engine: readonly EngineRow[]): string {
  return formatTable(
    'where the time of an update goes (means, ms), and what it costs the devices',
    ['', 'outstanding', 'evidence', 'transfer', 'flush', 'journal bytes', 'journal flushes', 'area flushes'],
    engine.map(({ name, depth, figures }) => [
      name,
      String(depth),
      number(figures.evidenceMs.median),
      number(figures.transferMs.median),
      number(figures.flushMs.median),
      number(figures.journalBytesPerUpdate.median),
      number(figures.journalFlushesPerUpdate.median),
      number(figures.areaFlushesPerUpdate.median),
    ]),
  );
}

/** Ratios to fio where fio is installed, else to raw mirrored writes. */
export function plotMirror(result: MirrorBenchmarkResult): Plot {
  const depths = [...new Set(result.steps.map((row) => row.depth))];
  const rows = [...result.steps.filter((row) => result.fio !== null || row.overRaw !== null), ...result.engine];
  const value = (row: MirrorRow): Figure | null => (result.fio === null ? row.overRaw : row.overFdatasync);
  const reference = result.fio === null ? 'raw mirrored writes' : 'fio with fdatasync=32';
  return {
    title: `Mirrored, tracked updates beside ${reference}`,
    subtitle: `${result.devices}; ${result.rounds} interleaved rounds; ${result.fio ?? 'no fio'}`,
    categories: depths.map((depth) => `${depth} outstanding`),
    xLabel: '',
    yLabel: `updates per second, ours / ${reference}`,
    scale: 'linear',
    shape: 'bars',
    series: [...new Set(rows.map((row) => row.name))].map((name) => ({
      name,
      values: depths.map((depth) => {
        const row = rows.find((r) => r.name === name && r.depth === depth);
        return row === undefined ? null : value(row);
      }),
    })),
    goal: { value: 1, label: `as fast as ${reference}` },
  };
}
