/** What `bench io` found: figures over the rounds, and ratios taken round by round. */
import type { FfiName } from '../blockdev/ffi/native.js';
import { figureOf, ratioOf, type Figure } from './figures.js';
import type { FfiCost } from './ffiCost.js';
import { MIRROR_CASE, type IoCase, type IoSample } from './ioCases.js';
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
  /** Null without fio. */
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
  /** Acknowledged updates over fio's plain writes to one of the devices, of the same size and depth: no flush, no mirror. */
  overFio: Figure | null;
}

export interface IoBenchSettings {
  devices: string;
  seconds: number;
  rounds: number;
  /** Its version; null: not installed. */
  fio: string | null;
  ffi: FfiName[];
}

export interface IoBenchResult extends IoBenchSettings {
  schemaVersion: 1;
  bench: 'io';
  raw: CaseResult[];
  /** Nanoseconds per call. */
  ffiCosts: (FiguresOf<FfiCost> & { name: FfiName })[];
  mirror: MirrorResult[];
  notes: string[];
}

export function summarize(
  settings: IoBenchSettings,
  raw: readonly RawRounds[],
  costs: readonly { ffi: FfiName; rounds: FfiCost[] }[],
  mirror: readonly MirrorRounds[],
  notes: string[],
): IoBenchResult {
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
