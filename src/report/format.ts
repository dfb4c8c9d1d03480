/** Numbers for people: three significant digits and a unit. A missing value is a dash. */
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
export const MISSING = '–';

function significant(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return MISSING;
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${significant(value)} ${BINARY_UNITS[unit]!}`;
}

export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return MISSING;
  if (ms < 1000) return `${significant(ms)} ms`;
  if (ms < 120_000) return `${significant(ms / 1000)} s`;
  return `${significant(ms / 60_000)} min`;
}

/** Null when nothing was copied or it took no measurable time: no rate is better than an endless one. */
export function bytesPerSecond(bytes: number, durationMs: number): number | null {
  return bytes > 0 && durationMs > 0 ? (bytes / durationMs) * 1000 : null;
}

export function formatRate(rate: number | null | undefined): string {
  return rate === null || rate === undefined ? MISSING : `${formatBytes(rate)}/s`;
}

/** A probability in percent. */
export function formatPercent(fraction: number): string {
  return `${significant(fraction * 100)} %`;
}

export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? MISSING : String(count);
}
