/**
 * Parses and formats sizes, times and probabilities (`64KiB`, `500ms`, `50%`). A formatted value parses to the same
 * number. Pure.
 */

const SIZE_UNITS: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };
const TIME_UNITS_US: Record<string, number> = { us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6 };

export type Parsed = { ok: true; value: number } | { ok: false; next: string };

const bad = (next: string): Parsed => ({ ok: false, next });

/** Digits, an optional fraction, then a unit. Signs and exponents are refused. */
const QUANTITY = /^(\d{1,16}(?:\.\d{1,6})?) ?([A-Za-zµ%]*)$/;

/** Returns bytes; a plain number is bytes. */
export function parseSize(input: unknown): Parsed {
  if (typeof input === 'number') return integerBytes(input);
  const m = typeof input === 'string' ? QUANTITY.exec(input) : null;
  if (m === null) return bad('write it like 64KiB');
  const unit = m[2] === '' ? 'B' : m[2];
  if (!Object.hasOwn(SIZE_UNITS, unit)) {
    const binary = Object.keys(SIZE_UNITS).find((u) => u[0].toLowerCase() === unit[0].toLowerCase());
    return bad(`units are B, KiB, MiB, GiB, TiB${binary === undefined ? '' : `: write ${m[1]}${binary}`}`);
  }
  return integerBytes(Number(m[1]) * SIZE_UNITS[unit]);
}

function integerBytes(bytes: number): Parsed {
  return Number.isSafeInteger(bytes) && bytes >= 0
    ? { ok: true, value: bytes }
    : bad('write an integer number of bytes below 8PiB');
}

/** Returns milliseconds, to the microsecond. A plain number has no unit and is refused, except 0. */
export function parseDuration(input: unknown): Parsed {
  if (input === 0 || input === '0') return { ok: true, value: 0 };
  if (typeof input === 'number') return bad(`add the unit: ${input}ms or ${input}s`);
  const m = typeof input === 'string' ? QUANTITY.exec(input) : null;
  if (m === null) return bad('write it like 500ms or 5s');
  const unit = m[2] === 'µs' ? 'us' : m[2];
  if (!Object.hasOwn(TIME_UNITS_US, unit)) return bad(`units are us, ms, s, min, h: write ${m[1]}ms or ${m[1]}s`);
  // Rounded: 0.3 ms is 300.00000000000006 µs in binary.
  const us = Math.round(Number(m[1]) * TIME_UNITS_US[unit]);
  return Number.isSafeInteger(us) ? { ok: true, value: us / 1e3 } : bad('write a shorter time');
}

/** 0 … 1, written as `0.5` or `50%`. */
export function parseChance(input: unknown): Parsed {
  const m = typeof input === 'string' ? QUANTITY.exec(input) : null;
  const value = typeof input === 'number' ? input : m?.[2] === '%' ? Number(m[1]) / 100 : NaN;
  return value >= 0 && value <= 1 ? { ok: true, value } : bad('write it like 0.5 or 50%');
}

/** Uses the largest unit in which the number is an integer. */
export function formatSize(bytes: number): string {
  return inLargestUnit(bytes, SIZE_UNITS);
}

export function formatDuration(ms: number): string {
  return ms === 0 ? '0s' : inLargestUnit(Math.round(ms * 1e3), TIME_UNITS_US);
}

function inLargestUnit(value: number, units: Record<string, number>): string {
  const [unit, factor] = Object.entries(units)
    .filter(([, f]) => value % f === 0)
    .reduce((a, b) => (b[1] > a[1] ? b : a));
  return value === 0 ? `0${Object.keys(units)[0]}` : `${value / factor}${unit}`;
}
