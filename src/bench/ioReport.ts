/** The result of `bench io`: figures over the rounds, ratios computed for each round, and both as printed. */
import type { FfiName } from '../blockdev/ffi/native.js';
import { figureOf, ratioOf, type Figure, formatTable, number, ratio, withSpread } from './figures.js';
import type { FfiCost } from './ffiCost.js';
import { MIRROR_CASE, type IoCase, type IoSample } from './rawIo.js';
import type { MirrorSample, Mode } from './mirrorPath.js';

export interface RawRounds {
  io: IoCase;
  by: 'fio' | FfiName;
  rounds: IoSample[];
}

export interface MirrorRounds {
  ffi: FfiName;
  mode: Mode;
  rounds: MirrorSample[];
}

type FiguresOf<T> = { [K in keyof T]: Figure };

export interface OursResult extends FiguresOf<IoSample> {
  ffi: FfiName;
  /** null: fio is not installed. */
  iosOverFio: Figure | null;
  cpuOverFio: Figure | null;
}

export interface CaseResult extends IoCase {
  fio: FiguresOf<IoSample> | null;
  ours: OursResult[];
}

export interface MirrorResult extends FiguresOf<MirrorSample> {
  ffi: FfiName;
  mode: Mode;
  /**
   * Acknowledged updates over fio's plain writes of the same size and depth to one device, without flush and mirror.
   */
  overFio: Figure | null;
}

export interface IoBenchmarkSettings {
  devices: string;
  seconds: number;
  rounds: number;
  /** Version; null: not installed. */
  fio: string | null;
  ffi: FfiName[];
}

export interface IoBenchmarkResult extends IoBenchmarkSettings {
  schemaVersion: 1;
  bench: 'io';
  raw: CaseResult[];
  /** Nanoseconds per call. */
  ffiCosts: (FiguresOf<FfiCost> & { name: FfiName })[];
  mirror: MirrorResult[];
  notes: string[];
}

export function summarize(
  settings: IoBenchmarkSettings,
  raw: readonly RawRounds[],
  costs: readonly { ffi: FfiName; rounds: FfiCost[] }[],
  mirror: readonly MirrorRounds[],
  notes: string[],
): IoBenchmarkResult {
  const cases = [...new Set(raw.map((r) => r.io))];
  const fioOf = (io: IoCase): IoSample[] | null => raw.find((r) => r.io === io && r.by === 'fio')?.rounds ?? null;
  return {
    schemaVersion: 1,
    bench: 'io',
    ...settings,
    raw: cases.map((io) =>
      caseResult(
        io,
        fioOf(io),
        raw.filter((r) => r.io === io && r.by !== 'fio'),
      ),
    ),
    ffiCosts: costs.map(({ ffi, rounds }) => ({ name: ffi, ...figuresOf(rounds) })),
    mirror: mirror.map(({ ffi, mode, rounds }) => ({
      ffi,
      mode,
      ...figuresOf(rounds),
      overFio: over(
        rounds.map((r) => r.acknowledgedPerSecond),
        fioOf(MIRROR_CASE)?.map((r) => r.iosPerSecond),
      ),
    })),
    notes,
  };
}

function caseResult(io: IoCase, fio: IoSample[] | null, ours: readonly RawRounds[]): CaseResult {
  return {
    ...io,
    fio: fio === null ? null : figuresOf(fio),
    ours: ours.map(({ by, rounds }) => ({
      ffi: by as FfiName,
      ...figuresOf(rounds),
      iosOverFio: over(
        rounds.map((r) => r.iosPerSecond),
        fio?.map((r) => r.iosPerSecond),
      ),
      cpuOverFio: over(
        rounds.map((r) => r.cpuMicrosecondsPerIo),
        fio?.map((r) => r.cpuMicrosecondsPerIo),
      ),
    })),
  };
}

function over(ours: readonly number[], theirs: readonly number[] | undefined): Figure | null {
  return theirs === undefined ? null : ratioOf(ours, theirs);
}

function figuresOf<K extends string>(rounds: readonly Record<K, number>[]): Record<K, Figure> {
  const keys = Object.keys(rounds[0]) as K[];
  return Object.fromEntries(keys.map((key) => [key, figureOf(rounds.map((r) => r[key]))])) as Record<K, Figure>;
}

const NONE = '–';

export function formatIo(result: IoBenchmarkResult): string {
  const parts = [
    `${result.devices}; ${result.rounds} interleaved rounds; ${result.fio ?? 'no fio'}`,
    '',
    formatTable(
      'raw I/O: ours / fio (median, minimum and maximum of the rounds), I/Os per second, CPU microseconds per I/O',
      ['', 'by', 'I/Os: ours / fio', 'CPU: ours / fio', 'I/Os per s', 'CPU µs'],
      result.raw.flatMap(rawRows),
    ),
    '',
    formatTable(
      'one call through the binding, nanoseconds',
      ['', 'no arguments', 'a buffer, 3 numbers', 'idle step of the I/O ring'],
      result.ffiCosts.map((c) => [
        c.name,
        withSpread(c.noArguments),
        withSpread(c.bufferAndNumbers),
        withSpread(c.step),
      ]),
    ),
  ];
  if (result.mirror.length > 0) {
    parts.push(
      '',
      formatTable(
        'mirrored, tracked write path: 4 KiB updates at random places, 32 outstanding, durable on both areas',
        [
          'mode',
          'by',
          'updates / fio',
          'acknowledged per s',
          'answered per s',
          'evidence wait ms',
          'p99 ms',
          'journal bytes',
          'CPU µs',
        ],
        result.mirror.map(mirrorRow),
      ),
      "  updates / fio: updates durable on both areas, over fio's plain writes of the same size and depth to the primary alone, without a flush.",
      '  journal bytes and CPU are per update.',
    );
  }
  for (const note of result.notes) parts.push(`note: ${note}`);
  return parts.join('\n');
}

function rawRows(c: CaseResult): string[][] {
  const ours = c.ours.map((o, i) => [
    i === 0 ? c.name : '',
    o.ffi,
    ratioOrNone(o.iosOverFio),
    ratioOrNone(o.cpuOverFio),
    withSpread(o.iosPerSecond),
    withSpread(o.cpuMicrosecondsPerIo),
  ]);
  if (c.fio === null) return ours;
  return [...ours, ['', 'fio', NONE, NONE, withSpread(c.fio.iosPerSecond), withSpread(c.fio.cpuMicrosecondsPerIo)]];
}

function mirrorRow(m: MirrorResult): string[] {
  return [
    m.mode,
    m.ffi,
    ratioOrNone(m.overFio),
    withSpread(m.acknowledgedPerSecond),
    withSpread(m.answeredPerSecond),
    number(m.evidenceWaitMsMedian.median),
    number(m.evidenceWaitMsP99.median),
    withSpread(m.journalBytesPerUpdate),
    withSpread(m.cpuMicrosecondsPerUpdate),
  ];
}

function ratioOrNone(figure: Figure | null): string {
  return figure === null ? NONE : ratio(figure);
}
