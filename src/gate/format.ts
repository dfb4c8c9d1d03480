/** The gate's findings as a table for a terminal. Columns are as wide as they must be; nothing is cut off. */
import type { GateFinding, GateReport } from './types.js';

const COLUMNS: readonly [heading: string, cell: (finding: GateFinding) => string][] = [
  ['role', (f) => f.role],
  ['device', (f) => f.path],
  ['code', (f) => f.code],
  ['found', (f) => f.found],
  ['next step', (f) => f.nextStep],
];

/** Without a trailing newline. `so`: what that means for the devices, where it is not the beginning. */
export function formatGate(report: GateReport, so = 'nothing was written'): string {
  if (report.passed) return `safety gate: passed (${report.devices.length} devices)`;
  const rows = [COLUMNS.map(([heading]) => heading), ...report.findings.map((f) => COLUMNS.map(([, cell]) => cell(f)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const count = report.findings.length;
  return [`safety gate: refused (${count} finding${count === 1 ? '' : 's'}); ${so}`, ...lines].join('\n');
}
