/** Sizes and times in a fault's options: a plain number (bytes, milliseconds) or one with its unit, as in a rig profile. */
import { z } from 'zod';

const BYTES: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };
const MILLISECONDS: Record<string, number> = { ms: 1, s: 1000, min: 60_000 };

function withUnit(units: Record<string, number>, example: string): z.ZodType<number> {
  const allowed = Object.keys(units).join(', ');
  return z.union([z.number(), z.string()]).transform((value, context) => {
    if (typeof value === 'number') return value;
    const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(value.trim());
    const factor = match === null ? undefined : units[match[2]];
    if (match !== null && factor !== undefined) return Number(match[1]) * factor;
    context.addIssue({ code: 'custom', message: `"${value}" has no unit of ${allowed} (e.g. ${example})` });
    return z.NEVER;
  });
}

/** Whole 512-byte sectors. */
export const sectorBytes = withUnit(BYTES, '4KiB').refine((n) => Number.isSafeInteger(n) && n >= 0 && n % 512 === 0, {
  message: 'a multiple of 512 bytes, 0 or more',
});

export const durationMs = withUnit(MILLISECONDS, '250ms').refine((n) => n >= 0 && n <= 3_600_000, {
  message: '0 to 60 min',
});
