/** The results of `bench verify` and `bench scan`, and how they are printed. */
import type { FfiName } from '../blockdev/ffi/native.js';
import { formatTable, ratio, withSpread, type Figure } from './figures.js';
import type { Plot } from './plotDrawing.js';

/** `verify`: beside cmp; `scan`: judge beside verify. */
export type ScanKind = 'verify' | 'scan';

export interface ScanBenchmarkResult {
  schemaVersion: 1;
  bench: ScanKind;
  devices: string;
  /** Bytes of each of the two areas. */
  usedBytes: number;
  rounds: number;
  ffi: FfiName;
  /** `bytesPerSecond`: bytes of one area; each of them is read from both. */
  contenders: { name: string; bytesPerSecond: Figure }[];
  /** The first contender over the second, round by round. */
  ratio: Figure;
}

const MIB = 2 ** 20;

export function formatScan(result: ScanBenchmarkResult): string {
  const [ours, other] = result.contenders;
  return [
    `${result.devices}; ${result.usedBytes / MIB} MiB of each; ${result.rounds} interleaved rounds`,
    '',
    formatTable(
      `${ours.name} and ${other.name}: MiB/s of one area, both are read (median, minimum and maximum of the rounds)`,
      ['', 'MiB/s'],
      result.contenders.map((c) => [c.name, withSpread(c.bytesPerSecond, 1 / MIB)]),
    ),
    `  ${ours.name} / ${other.name}: ${ratio(result.ratio)}`,
  ].join('\n');
}

export function plotScan(result: ScanBenchmarkResult): Plot {
  const inMib = ({ median, min, max, spread }: Figure): Figure => ({
    median: median / MIB,
    min: min / MIB,
    max: max / MIB,
    spread,
  });
  return {
    title:
      result.bench === 'verify' ? 'Comparison of P and S, beside cmp' : 'Judging every sector, beside a comparison',
    subtitle: `${result.devices}; ${result.rounds} interleaved rounds`,
    categories: result.contenders.map((c) => c.name),
    xLabel: '',
    yLabel: 'MiB/s of one area',
    scale: 'linear',
    shape: 'bars',
    series: [{ name: 'MiB/s', values: result.contenders.map((c) => inMib(c.bytesPerSecond)) }],
  };
}
