/** The result of `bench io`: figures over the rounds, ratios computed for each round, and both as printed. */
import type { FfiName } from '../blockdev/ffi/native.js';
import { type Figure, formatTable, number, ratio, withSpread } from './figures.js';
import type { FfiCost } from './ffiCost.js';
import { MIRROR_CASE, type IoCase, type IoSample } from './rawIo.js';
import type { MirrorSample, Mode } from './mirrorPath.js';
import type { Plot } from './plotDrawing.js';
import { Contender } from './rounds.js';

export interface RawContender {
  io: IoCase;
  by: 'fio' | FfiName;
  contender: Contender<keyof IoSample>;
}

export class MirrorContender extends Contender<keyof MirrorSample> {
  readonly ffi: FfiName;
  readonly mode: Mode;

  constructor(ffi: FfiName, mode: Mode, measure: (round: number) => Promise<MirrorSample>) {
    super(`${mode}, ${ffi}`, async (round) => ({ ...(await measure(round)) }));
    this.ffi = ffi;
    this.mode = mode;
  }
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
  raw: readonly RawContender[],
  costs: readonly Contender<keyof FfiCost>[],
  mirror: readonly MirrorContender[],
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
    mirror: mirror.map((m) => ({
      ffi: m.ffi,
      mode: m.mode,
      ...m.figures,
      overFio: m.over(fioOf(MIRROR_CASE), 'acknowledgedPerSecond', 'iosPerSecond'),
    })),
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
