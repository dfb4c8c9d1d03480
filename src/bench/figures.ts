/** Figures over the rounds of a benchmark, how they are printed, and what a benchmark needs while it runs. */

/** A figure over the rounds of a benchmark. Tests check no absolute limit on it, because it depends on the host. */
export interface Figure {
  median: number;
  min: number;
  max: number;
  /** (max - min) / median; 0 for one round. */
  spread: number;
}

/** Throws RangeError without a round. */
export function figureOf(rounds: readonly number[]): Figure {
  if (rounds.length === 0) throw new RangeError('no round was measured; at least one is needed');
  const sorted = [...rounds].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const [min, max] = [sorted[0], sorted[sorted.length - 1]];
  return { median, min, max, spread: median === 0 ? 0 : (max - min) / median };
}

/** The ratio of each round: other load on the host affects both of its sides. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Figure {
  if (ours.length !== theirs.length)
    throw new RangeError(`${ours.length} rounds against ${theirs.length}; ratios are taken round by round`);
  return figureOf(ours.map((value, round) => value / theirs[round]));
}

/** Quantile `q` (0 … 1) of sorted values, interpolated; NaN without values. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** A table for a terminal: the first column left-aligned, figures right-aligned. Without a trailing newline. */
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

/** Three significant digits, groups of thousands, no exponent. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-3))));
  return value.toFixed(Math.min(digits, 4)).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ' ');
}

/** `1.07 (0.98 … 1.12)`: median, minimum and maximum. */
export function ratio(figure: Figure): string {
  return `${number(figure.median)} (${number(figure.min)} … ${number(figure.max)})`;
}

/** `14 200 ±9%`: the median, and half of the spread. */
export function withSpread(figure: Figure, scale = 1): string {
  return `${number(figure.median * scale)} ±${Math.round(figure.spread * 50)}%`;
}

/** `64 KiB`, `1 MiB`: of a power of two. */
export function sizeName(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes / 1024} KiB` : `${bytes / 2 ** 20} MiB`;
}

/** How a benchmark handles signals and shows its progress. */
export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Gives the event loop a turn, so that signals are handled. @throws CampaignError INTERRUPTED */
  yieldToSignals(): Promise<void>;
  /** Progress, on stderr. */
  say(what: string): void;
}
