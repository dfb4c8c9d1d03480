/**
 * Checks boards and rails of a rig profile without any hardware, and resolves each board to its type, line settings and
 * options. The profile's loader and `plan` use it to find mistakes early.
 */

import { z } from 'zod';
import type { BoardRef, RailSpec } from '../spec.js';
import type { BoardType } from '../boardType.js';
import { checkTemplates } from '../boardTypeCheck.js';
import { PowerError } from '../errors.js';
import { findBoardType } from '../catalogue/index.js';
import {
  baudSchema,
  dataBitsSchema,
  EIGHT_N_ONE,
  flowControlSchema,
  lineOf,
  type LineSettings,
  paritySchema,
  stopBitsSchema,
} from '../line.js';
import { type ExecOptions, execOptionsSchema } from './execBoard.js';
import { checkRails } from '../rails/rail.js';

/** Options that every board on a tty takes; all others are numbers of its board type. */
export const commonOptionsSchema = z.object({
  /** Line settings; default: those of the board type. */
  baud: baudSchema.optional(),
  parity: paritySchema.optional(),
  dataBits: dataBitsSchema.optional(),
  stopBits: stopBitsSchema.optional(),
  flowControl: flowControlSchema.optional(),
  gapMs: z.number().min(0).max(10_000).optional(),
  replyTimeoutMs: z.number().int().min(1).max(60_000).optional(),
  /** Attempts in total when an exchange gets no answer or an unknown one, 1 … 10. */
  attempts: z.number().int().min(1).max(10).default(3),
  /** `none`: this copy of the board does not answer; `state`: read the relay, do not measure the output. */
  readBack: z.enum(['auto', 'none', 'state']).default('auto'),
  /** Whether other software has initialized the board since it got power; then the bench does not. */
  initialized: z.boolean().default(false),
});

export type CommonOptions = z.infer<typeof commonOptionsSchema>;

export type ControlLine = 'dtr' | 'rts';

export type ResolvedBoard =
  | { kind: 'exec'; options: ExecOptions }
  | { kind: 'line'; control: ControlLine; common: CommonOptions; line: LineSettings }
  | { kind: 'frames'; type: BoardType; common: CommonOptions; line: LineSettings; options: Record<string, number> };

/** A control line carries no bytes, but a tty cannot be opened without settings. */
const CONTROL_LINE: LineSettings = { baud: 9600, ...EIGHT_N_ONE };

/** Throws BAD_SPEC (channels, options) or BAD_BOARD_TYPE, each naming what is allowed. */
export function resolveBoard(ref: BoardRef, boardTypes: Record<string, unknown>): ResolvedBoard {
  if (ref.type === 'exec') {
    checkChannels(ref, { min: 1, max: 64 });
    return { kind: 'exec', options: parseOptions(ref, execOptionsSchema, ref.options) };
  }
  const { common, own } = splitOptions(ref);
  if (ref.type === 'dtr' || ref.type === 'rts') {
    checkChannels(ref, { min: 1, max: 1 });
    ownOptions(ref, {}, own);
    if (common.flowControl === 'rts-cts')
      throw badSpec(
        ref,
        'options.flowControl is "rts-cts", which gives the control lines to the driver; delete options.flowControl',
      );
    return { kind: 'line', control: ref.type, common, line: lineOf(CONTROL_LINE, common) };
  }
  const type = findBoardType(ref.type, boardTypes);
  checkChannels(ref, type.channels);
  const line = lineOf(type, common);
  if (line.dataBits < type.dataBits) checkFrames(ref, { ...type, dataBits: line.dataBits });
  return { kind: 'frames', type, common, line, options: ownOptions(ref, type.options, own) };
}

/** The profile sets fewer data bits than the type: not every frame of the type may fit. */
function checkFrames(ref: BoardRef, type: BoardType): void {
  const [problem] = checkTemplates(type);
  if (problem !== undefined)
    throw badSpec(
      ref,
      `options.dataBits is ${type.dataBits}, but in ${problem.path.join('.')} ${problem.message}; delete options.dataBits`,
    );
}

function splitOptions(ref: BoardRef): { common: CommonOptions; own: Record<string, unknown> } {
  const known = Object.keys(commonOptionsSchema.shape);
  const pick = (wanted: boolean): Record<string, unknown> =>
    Object.fromEntries(Object.entries(ref.options).filter(([name]) => known.includes(name) === wanted));
  return { common: parseOptions(ref, commonOptionsSchema, pick(true)), own: pick(false) };
}

function parseOptions<S extends z.ZodType>(ref: BoardRef, schema: S, options: unknown): z.output<S> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw badSpec(ref, z.prettifyError(parsed.error));
}

function ownOptions(
  ref: BoardRef,
  options: BoardType['options'],
  given: Record<string, unknown>,
): Record<string, number> {
  const values = Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.default]));
  for (const [name, value] of Object.entries(given)) {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) {
      const known = [...Object.keys(commonOptionsSchema.shape), ...Object.keys(options)].join(', ');
      throw badSpec(ref, `option "${name}" does not exist; known: ${known}`);
    }
    if (typeof value !== 'number' || !(value >= option.min && value <= option.max)) {
      throw badSpec(
        ref,
        `options.${name} is ${JSON.stringify(value)}; it must be a number from ${option.min} to ${option.max}`,
      );
    }
    values[name] = value;
  }
  return values;
}

function checkChannels(ref: BoardRef, { min, max }: { min: number; max: number }): void {
  if (Number.isInteger(ref.channels) && ref.channels >= min && ref.channels <= max) return;
  throw badSpec(
    ref,
    `channels is ${ref.channels}; a board of type ${ref.type} has ${min} to ${max}; count the relays and edit boards.${ref.name}.channels`,
  );
}

function badSpec(ref: BoardRef, what: string): PowerError {
  return new PowerError('BAD_SPEC', `board "${ref.name}" (${ref.type}): ${what}`, { board: ref.name });
}

/** Boards and rails of a rig, as `openPower` takes them. */
export interface PowerSpec {
  /** Ttys as paths: `lab:` names are resolved before they are opened. */
  boards: BoardRef[];
  boardTypes: Record<string, unknown>;
  rails: RailSpec[];
}

/**
 * Finds every mistake that shows without hardware. Throws BAD_SPEC (with the board or rail in its context) or
 * BAD_BOARD_TYPE.
 */
export function checkPowerSpec(spec: PowerSpec): void {
  for (const ref of spec.boards) resolveBoard(ref, spec.boardTypes);
  checkRails(spec.boards, spec.rails);
}
