/** Tables for a terminal: the first column to the left, figures to the right. */
import type { Figure } from './figures.js';

/** Without a trailing newline. */
export function formatTable(title: string, headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd();
  return [title, `  ${line(headings)}`, ...rows.map((row) => `  ${line(row)}`)].join('\n');
}

/** Three significant digits, thousands apart, no exponent. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-3))));
  return value.toFixed(Math.min(digits, 4)).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ' ');
}

/** `1.07 (0.98 … 1.12)`: the median, and the rounds' extremes. */
export function ratio(figure: Figure): string {
  return `${number(figure.median)} (${number(figure.min)} … ${number(figure.max)})`;
}

/** `14 200 ±9%`: the median, and half of the spread. */
export function withSpread(figure: Figure, scale = 1): string {
  return `${number(figure.median * scale)} ±${Math.round(figure.spread * 50)}%`;
}
