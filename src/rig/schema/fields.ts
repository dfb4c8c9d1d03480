/**
 * The field types of the profile schema. Each parses one kind of value, reports the rule and the next step for an
 * invalid one, and describes itself in JSON Schema for editors.
 */
import { z } from 'zod';
import { formatDuration, formatSize, parseChance, parseDuration, parseSize, type Parsed } from '../units.js';

/** The parameters of our own issues. */
export interface IssueParams {
  rule: string;
  next: string;
}

/** `path`: of the invalid field within the value. */
export function refuse(ctx: z.RefinementCtx, rule: string, next: string, path: string[] = []): never {
  ctx.addIssue({ code: 'custom', path, message: rule, params: { rule, next } satisfies IssueParams });
  return z.NEVER;
}

interface Limits {
  min: number;
  max: number;
}

type Reader = (input: unknown, ctx: z.RefinementCtx) => number;

function reader(
  parse: (input: unknown) => Parsed,
  rule: string,
  limits: Limits,
  format: (v: number) => string,
  extra?: (v: number) => string | null,
): Reader {
  return (input, ctx) => {
    const parsed = parse(input);
    if (!parsed.ok) return refuse(ctx, rule, parsed.next);
    const v = parsed.value;
    if (v < limits.min) return refuse(ctx, rule, `write at least ${format(limits.min)}`);
    if (v > limits.max) return refuse(ctx, rule, `write at most ${format(limits.max)}`);
    const next = extra?.(v) ?? null;
    return next === null ? v : refuse(ctx, rule, next);
  };
}

const SIZE_PATTERN = '^\\d+(\\.\\d+)? ?(B|KiB|MiB|GiB|TiB)?$';
const TIME_PATTERN = '^(0|\\d+(\\.\\d+)? ?(us|ms|s|min|h))$';
const CHANCE_PATTERN = '^\\d+(\\.\\d+)? ?%$';

const SIZE_SHAPE = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: SIZE_PATTERN },
  ],
};
const TIME_SHAPE = { anyOf: [{ const: 0 }, { type: 'string', pattern: TIME_PATTERN }] };
const CHANCE_SHAPE = {
  anyOf: [
    { type: 'number', minimum: 0, maximum: 1 },
    { type: 'string', pattern: CHANCE_PATTERN },
  ],
};

/** The input type is `unknown`: the reader's message is more precise than that of a type check. */
function field(about: string, shape: object, read: Reader): z.ZodPipe<z.ZodUnknown, z.ZodTransform<number, unknown>> {
  return z
    .unknown()
    .meta({ description: about, ...shape })
    .transform(read);
}

export interface SizeRule extends Limits {
  multipleOf?: number;
  powerOfTwo?: boolean;
}

function sizeReader(rule: SizeRule): { text: string; read: Reader } {
  const { min, max, multipleOf = 1, powerOfTwo = false } = rule;
  const kind = powerOfTwo ? 'a power of two' : multipleOf > 1 ? `a multiple of ${formatSize(multipleOf)}` : 'a size';
  const text = `${kind} from ${formatSize(min)} to ${formatSize(max)}`;
  const extra = (v: number): string | null => {
    if (powerOfTwo && !Number.isInteger(Math.log2(v))) return `write ${formatSize(2 ** Math.floor(Math.log2(v)))}`;
    if (v % multipleOf === 0) return null;
    return `write ${formatSize(Math.max(min, Math.floor(v / multipleOf) * multipleOf))}`;
  };
  return { text, read: reader(parseSize, `must be ${text}`, rule, formatSize, extra) };
}

export function size(about: string, rule: SizeRule) {
  const { text, read } = sizeReader(rule);
  return field(`${about}; ${text}.`, SIZE_SHAPE, read);
}

function durationReader(rule: Limits): { text: string; read: Reader } {
  const text = `a time from ${formatDuration(rule.min)} to ${formatDuration(rule.max)}`;
  return { text, read: reader(parseDuration, `must be ${text}`, rule, formatDuration) };
}

/** Milliseconds. */
export function duration(about: string, rule: Limits) {
  const { text, read } = durationReader(rule);
  return field(`${about}; ${text}.`, TIME_SHAPE, read);
}

export function chance(about: string) {
  const rule = 'must be a probability from 0 to 1, or from 0% to 100%';
  return field(
    `${about}; probability from 0 to 1, or from 0% to 100%.`,
    CHANCE_SHAPE,
    reader(parseChance, rule, { min: 0, max: 1 }, String),
  );
}

function countReader(rule: Limits): { text: string; read: Reader } {
  const text = `an integer from ${rule.min} to ${rule.max}`;
  const parse = (v: unknown): Parsed =>
    typeof v === 'number' && Number.isSafeInteger(v)
      ? { ok: true, value: v }
      : { ok: false, next: 'write digits only' };
  return { text, read: reader(parse, `must be ${text}`, rule, String) };
}

export function count(about: string, rule: Limits) {
  const { text, read } = countReader(rule);
  return field(`${about}; ${text}.`, { type: 'integer', minimum: rule.min, maximum: rule.max }, read);
}

/** A decimal number. */
export function decimal(about: string, rule: Limits) {
  const text = `must be a number from ${rule.min} to ${rule.max}`;
  const parse = (v: unknown): Parsed =>
    typeof v === 'number' ? { ok: true, value: v } : { ok: false, next: 'write digits only' };
  return field(
    `${about}; a number from ${rule.min} to ${rule.max}.`,
    { type: 'number', minimum: rule.min, maximum: rule.max },
    reader(parse, text, rule, String),
  );
}

/** `word` means `value`; `read` parses any other input. */
function orWord<W extends number | null>(word: string, value: W, about: string, shape: object, read: Reader) {
  return z
    .unknown()
    .meta({ description: about, anyOf: [{ const: word }, shape] })
    .transform((input, ctx): number | W => (input === word ? value : read(input, ctx)));
}

/** A time, or the word `none`. */
export function durationOrNone(about: string, rule: Limits) {
  const { text, read } = durationReader(rule);
  return orWord('none', null, `${about}; ${text}, or none.`, TIME_SHAPE, read);
}

export function countOrNone(about: string, rule: Limits) {
  const { text, read } = countReader(rule);
  return orWord(
    'none',
    null,
    `${about}; ${text}, or none.`,
    { type: 'integer', minimum: rule.min, maximum: rule.max },
    read,
  );
}

export function countOrUnlimited(about: string, rule: Limits) {
  const { text, read } = countReader(rule);
  return orWord(
    'unlimited',
    0,
    `${about}; ${text}, or unlimited.`,
    { type: 'integer', minimum: rule.min, maximum: rule.max },
    read,
  );
}

export function sizeOrUnlimited(about: string, rule: SizeRule) {
  const { text, read } = sizeReader(rule);
  return orWord('unlimited', 0, `${about}; ${text}, or unlimited.`, SIZE_SHAPE, read);
}

export interface Range {
  min: number;
  max: number;
}

/** `[low, high]`, or one value for both. */
function range(about: string, shape: object, rule: string, read: Reader) {
  return z
    .unknown()
    .meta({
      description: `${about}; [lowest, highest] or one value for both.`,
      anyOf: [shape, { type: 'array', minItems: 2, maxItems: 2, items: shape }],
    })
    .transform((input, ctx): Range => {
      if (!Array.isArray(input)) {
        const v = read(input, ctx);
        return { min: v, max: v };
      }
      if (input.length !== 2)
        return refuse(ctx, `has ${input.length} values; must be one value or [lowest, highest]`, 'write two values');
      const min = read(input[0], ctx);
      const max = read(input[1], ctx);
      if (min > max) return refuse(ctx, `${rule}, lowest first`, 'swap the two values');
      return { min, max };
    });
}

export function sizeRange(about: string, rule: SizeRule) {
  const { text, read } = sizeReader(rule);
  return range(`${about}; each ${text}`, SIZE_SHAPE, `must be ${text}`, read);
}

export function durationRange(about: string, rule: Limits) {
  const { text, read } = durationReader(rule);
  return range(`${about}; each ${text}`, TIME_SHAPE, `must be ${text}`, read);
}

export function countRange(about: string, rule: Limits) {
  const { text, read } = countReader(rule);
  return range(
    `${about}; each ${text}`,
    { type: 'integer', minimum: rule.min, maximum: rule.max },
    `must be ${text}`,
    read,
  );
}
