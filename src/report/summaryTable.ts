/** A run as a table for the terminal: one line a cycle, then what was wrong, then the verdict. Plain text, no colour. */
import { cycleFigures } from './cycleFigures.js';
import { formatBytes, formatCount, formatMs, formatPercent, formatRate } from './format.js';
import type { CycleRecord, Run } from './runRecord.js';

const COLUMNS: { title: string; align: 'left' | 'right'; cell: (c: CycleRecord) => string }[] = [
  { title: 'cycle', align: 'right', cell: (c) => String(c.index) },
  { title: 'rails cut', align: 'left', cell: (c) => c.rails.join('+') },
  { title: 'during', align: 'left', cell: (c) => c.during },
  { title: 'proof', align: 'left', cell: (c) => c.proofOfCut.kind },
  { title: 'cut latency', align: 'right', cell: (c) => formatMs(cycleFigures(c).cutLatencyMs) },
  { title: 'dirty', align: 'right', cell: (c) => formatCount(cycleFigures(c).dirtyRegions) },
  { title: 'lost', align: 'right', cell: (c) => formatCount(cycleFigures(c).lostIndicators) },
  { title: 'recovery', align: 'right', cell: (c) => formatMs(cycleFigures(c).recoveryMs) },
  { title: 'resync', align: 'right', cell: (c) => formatMs(cycleFigures(c).resyncMs) },
  { title: 'bytes', align: 'right', cell: (c) => formatBytes(cycleFigures(c).resyncBytes) },
  { title: 'rate', align: 'right', cell: (c) => formatRate(cycleFigures(c).resyncBytesPerSecond) },
  { title: 'verdict', align: 'left', cell: (c) => c.verdict },
];

function table(cycles: readonly CycleRecord[]): string[] {
  const rows = [COLUMNS.map((c) => c.title), ...cycles.map((cycle) => COLUMNS.map((c) => c.cell(cycle)))];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: string[]): string =>
    row.map((cell, i) => (COLUMNS[i]!.align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ').trimEnd();
  return rows.map(line);
}

/** Lines are separated by newlines; there is none at the end. */
export function summaryTable({ run, cycles }: Run): string {
  const problems = cycles.flatMap((c) => c.reasons.map((r) => `cycle ${c.index}: ${r.code} (${r.rule}): ${r.text}`));
  const { counts } = run;
  const verdict =
    `${run.verdict}: ${counts.PASS} passed, ${counts.FAIL} failed, ${counts.INVALID} invalid of ${run.cyclesPlanned} planned; ` +
    `failure rate below ${formatPercent(run.failureRateUpperBound)} (95 % confidence)`;
  const ending = [...(run.interrupted ? ['interrupted'] : []), ...run.troubles];
  const blocks = [table(cycles), problems, [...ending, verdict, `replay: ${run.replay}`]];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}
