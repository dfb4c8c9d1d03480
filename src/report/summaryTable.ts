/**
 * A run as a table for the terminal: one line per cycle, then where the time went, the reasons, and the verdict. Plain
 * text without color. A narrow terminal gets fewer columns; the HTML report has all of them.
 */
import { cutPlace } from './aimText.js';
import { cycleFigures, formatBytes, formatCount, formatMs, formatPercent, formatRate } from './figures.js';
import { firstReasons, inBrief } from './findingText.js';
import type { CycleRecord, Run } from './runRecord.js';
import type { RunTimes } from './runTimes.js';
import { TIMES_COLUMNS, timesRows, timesSentence } from './timesTable.js';

interface Column {
  title: string;
  align: 'left' | 'right';
  cell: (c: CycleRecord) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'cycle', align: 'right', cell: (c) => String(c.index) },
  { title: 'rails', align: 'left', cell: (c) => c.rails.join('+') },
  { title: 'during', align: 'left', cell: cutPlace },
  { title: 'proof', align: 'left', cell: (c) => c.proofOfCut.kind },
  { title: 'latency', align: 'right', cell: (c) => formatMs(cycleFigures(c).cutLatencyMs) },
  { title: 'dirty', align: 'right', cell: (c) => formatCount(cycleFigures(c).dirtyRegions) },
  { title: 'lost', align: 'right', cell: (c) => formatCount(cycleFigures(c).lostIndicators) },
  { title: 'recovery', align: 'right', cell: (c) => formatMs(cycleFigures(c).recoveryMs) },
  { title: 'resync', align: 'right', cell: (c) => formatMs(cycleFigures(c).resyncMs) },
  { title: 'bytes', align: 'right', cell: (c) => formatBytes(cycleFigures(c).resyncBytes) },
  { title: 'rate', align: 'right', cell: (c) => formatRate(cycleFigures(c).resyncBytesPerSecond) },
  { title: 'verdict', align: 'left', cell: (c) => c.verdict },
];

/** Columns that are omitted, in this order, until the table fits. The verdict depends on the others. */
const DISPENSABLE = ['rate', 'latency', 'recovery', 'during'];

function table(cycles: readonly CycleRecord[], columnsMax: number): string[] {
  let columns = COLUMNS;
  for (const title of DISPENSABLE) {
    const lines = tableOf(columns, cycles);
    if (lines.every((line) => line.length <= columnsMax)) return lines;
    columns = columns.filter((c) => c.title !== title);
  }
  return tableOf(columns, cycles);
}

function tableOf(columns: readonly Column[], cycles: readonly CycleRecord[]): string[] {
  const rows = [columns.map((c) => c.title), ...cycles.map((cycle) => columns.map((c) => c.cell(cycle)))];
  return aligned(
    rows,
    columns.map((c) => c.align),
  );
}

function aligned(rows: readonly string[][], align: readonly ('left' | 'right')[]): string[] {
  const widths = align.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: string[]): string =>
    row
      .map((cell, i) => (align[i] === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return rows.map(line);
}

/** Where the time went; no line for a run that was not timed. */
function timesBlock(times: RunTimes | undefined): string[] {
  if (times === undefined) return [];
  const rows = [
    TIMES_COLUMNS.map((column) => column.title),
    ...timesRows(times).map((row) => TIMES_COLUMNS.map(({ key }) => row[key])),
  ];
  const lines = aligned(
    rows,
    TIMES_COLUMNS.map((column) => column.align),
  );
  const sentence = timesSentence(times);
  return [...(times.phases.length > 0 ? lines : []), ...(sentence === null ? [] : [sentence])];
}

/** Without a newline at the end. `columnsMax`: width of the terminal; only the table observes it. */
export function summaryTable({ run, cycles }: Run, columnsMax = Number.POSITIVE_INFINITY): string {
  const problems = cycles.flatMap((c) =>
    firstReasons(c.reasons, (r) => `${r.code} (${r.rule}): ${inBrief(r.text)}`).map(
      (line) => `cycle ${c.index}: ${line}`,
    ),
  );
  const { counts } = run;
  const verdict =
    `${run.verdict}: ${counts.PASS} passed, ${counts.FAIL} failed, ${counts.INVALID} invalid of ${run.cyclesPlanned} planned; ` +
    `failure rate below ${formatPercent(run.failureRateUpperBound)} (95 % confidence)`;
  const ending = [...(run.interrupted ? ['interrupted'] : []), ...run.troubles];
  const blocks = [
    table(cycles, columnsMax),
    timesBlock(run.times),
    problems,
    [...ending, verdict, `replay: ${run.replay}`],
  ];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}
