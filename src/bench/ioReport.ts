/** The result of `bench io`: figures over the rounds, ratios computed for each round, and both as printed. */
import type { FfiName } from '../blockdev/ffi/native.js';
import { type Figure, formatTable, ratio, withSpread } from './figures.js';
import type { FfiCost } from './ffiCost.js';
import type { IoCase, IoSample } from './rawIo.js';
import type { Plot } from './plotDrawing.js';
import type { Contender } from './rounds.js';

export interface RawContender {
  io: IoCase;
  by: 'fio' | FfiName;
  contender: Contender<keyof IoSample>;
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
  notes: string[];
}

export function summarize(
  settings: IoBenchmarkSettings,
  raw: readonly RawContender[],
  costs: readonly Contender<keyof FfiCost>[],
  notes: string[],
): IoBenchmarkResult {
  const cases = [...new Set(raw.map((r) => r.io))];
  const fioOf = (io: IoCase) => raw.find((r) => r.io === io && r.by === 'fio')?.contender ?? null;
  return {
    schemaVersion: 1,
    bench: 'io',
    ...settings,
    raw: cases.map((io) => caseResult(io, fioOf(io), raw)),
    ffiCosts: costs.map((cost) => ({ name: cost.name as FfiName, ...cost.figures })),
    notes,
  };
}

function caseResult(io: IoCase, fio: RawContender['contender'] | null, raw: readonly RawContender[]): CaseResult {
  return {
    ...io,
    fio: fio?.figures ?? null,
    ours: raw.flatMap(({ io: other, by, contender }) =>
      other !== io || by === 'fio'
        ? []
        : {
            ffi: by,
            ...contender.figures,
            iosOverFio: contender.over(fio, 'iosPerSecond', 'iosPerSecond'),
            cpuOverFio: contender.over(fio, 'cpuMicrosecondsPerIo', 'cpuMicrosecondsPerIo'),
          },
    ),
  };
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

function ratioOrNone(figure: Figure | null): string {
  return figure === null ? NONE : ratio(figure);
}

/** Ratios to fio where fio is installed, else I/Os per second. */
export function plotIo(result: IoBenchmarkResult): Plot {
  const withFio = result.fio !== null;
  const ofBinding = (ffi: FfiName) =>
    result.raw.map((c) => {
      const ours = c.ours.find((o) => o.ffi === ffi);
      return (withFio ? ours?.iosOverFio : ours?.iosPerSecond) ?? null;
    });
  return {
    title: withFio ? 'Raw I/O beside fio' : 'Raw I/O',
    subtitle: `${result.devices}; ${result.rounds} interleaved rounds; ${result.fio ?? 'no fio'}`,
    categories: result.raw.map((c) => c.name),
    xLabel: '',
    yLabel: withFio ? 'I/Os per second, ours / fio' : 'I/Os per second',
    scale: withFio ? 'linear' : 'logarithmic',
    shape: 'bars',
    series: result.ffi.map((ffi) => ({ name: ffi, values: ofBinding(ffi) })),
    ...(withFio ? { goal: { value: 1, label: 'as fast as fio' } } : {}),
  };
}
