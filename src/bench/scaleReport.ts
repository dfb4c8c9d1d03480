/** The printed result of `bench scale`. */
import { formatTable, number, type Figure } from './figures.js';
import type { ScaleResult } from './scaleBenchmark.js';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const MIB = 2 ** 20;

function size(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${number(bytes / 2 ** (10 * unit))} ${UNITS[unit]}`;
}

function milliseconds({ median, max }: Figure): string {
  return `${number(median)} (${number(max)})`;
}

export function formatScale(results: readonly ScaleResult[]): string {
  const headings = [
    'area',
    'region',
    'regions',
    'dirty',
    'log',
    'open',
    'recover',
    'its CPU',
    'load D',
    'peak RSS',
    'before',
    'heap',
  ];
  const rows = results.map((r) => [
    size(r.areaBytes),
    size(r.regionBytes),
    number(r.regionCount),
    number(r.dirtyRegions),
    `${size(r.logBytes)}${r.fullLog ? ', full' : ''}`,
    milliseconds(r.openMs),
    milliseconds(r.recoverMs),
    milliseconds(r.recoverCpuMs),
    milliseconds(r.loadDirtyMs),
    number(r.peakBytes / MIB),
    number(r.idleBytes / MIB),
    number(r.heapBytes / MIB),
  ]);
  return [
    formatTable('size of the area: times in ms, median (most); memory of the process in MiB', headings, rows),
    '"recover" includes reading the journal, loading D and making it durable; "before" is the memory before the open.',
  ].join('\n');
}
