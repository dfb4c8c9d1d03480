/** From a rig profile's board to one that is open, initialized and queued. */

import { z } from 'zod';
import type { BoardRef } from '../../rig/resolved.js';
import { type BoardType } from '../boardType.js';
import type { Clock } from '../clock.js';
import { PowerError } from '../errors.js';
import { findBoardType } from '../findBoardType.js';
import type { OpenWire, Wire } from '../transport/wire.js';
import { type Board, queued, type RelayChange } from './board.js';
import type { OpenBoardMemory } from './boardMemory.js';
import { execBoard, execOptionsSchema } from './execBoard.js';
import { FrameBoard } from './frameBoard.js';
import { lineBoard } from './lineBoard.js';
import { Session, type WireTrace } from './session.js';

export interface BoardDeps {
  clock: Clock;
  openWire: OpenWire;
  openMemory: OpenBoardMemory;
  rigName: string;
  runtimeDir: string;
  trace: (trace: WireTrace) => void;
}

/** Options that every board on a tty takes; the rest are the board type's own numbers. */
const commonOptionsSchema = z.object({
  baud: z.number().int().min(50).max(4_000_000).optional(),
  gapMs: z.number().min(0).max(10_000).optional(),
  replyTimeoutMs: z.number().int().min(1).max(60_000).optional(),
  /** Exchanges tried in all when the board is mute or garbled. 1 … 10. */
  attempts: z.number().int().min(1).max(10).default(3),
  /** `none`: this board does not answer, whatever its type can; `state`: don't measure, ask for the state. */
  readBack: z.enum(['auto', 'none', 'state']).default('auto'),
  /** The board was initialized by other software since it has power: leave it out. */
  initialized: z.boolean().default(false),
});

/**
 * `rest` is how the relays are with every rail on: for boards that drop them on opening, or that can't be asked. Rejects
 * with `PowerError`: BAD_SPEC, BAD_BOARD_TYPE, TTY_… or BOARD_….
 */
export async function openBoard(
  ref: BoardRef,
  boardTypes: Record<string, unknown>,
  rest: readonly RelayChange[],
  deps: BoardDeps,
): Promise<Board> {
  if (ref.type === 'exec') {
    return queued(execBoard(ref.name, ref.channels, parseOptions(ref, execOptionsSchema, ref.options), deps.clock));
  }
  const { common, own } = splitOptions(ref);
  if (ref.type === 'dtr' || ref.type === 'rts') {
    const wire = await openTty(ref, common.baud ?? 9600, false, deps);
    return queued(lineBoard(ref.name, ref.type, wire));
  }
  const type = findBoardType(ref.type, boardTypes);
  checkChannels(ref, type);
  const options = ownOptions(ref, type, own);
  const wire = await openTty(ref, common.baud ?? type.baud, type.hangUpOnClose, deps);
  try {
    const board = new FrameBoard({
      name: ref.name,
      typeName: ref.type,
      type,
      channels: ref.channels,
      options,
      replyTimeoutMs: common.replyTimeoutMs ?? type.replyTimeoutMs,
      attempts: common.attempts,
      clock: deps.clock,
      session: new Session(
        wire,
        deps.clock,
        { board: ref.name, gapMs: common.gapMs ?? type.gapMs, quietMs: type.quietMs },
        deps.trace,
      ),
      memory: deps.openMemory(ref.tty, deps.runtimeDir),
      readBack: common.readBack,
      initialized: common.initialized,
      rest,
    });
    await board.start();
    return queued(board);
  } catch (error) {
    await wire.close();
    throw error;
  }
}

function openTty(ref: BoardRef, baud: number, hangUpOnClose: boolean, deps: BoardDeps): Promise<Wire> {
  return deps.openWire({ tty: ref.tty, baud, hangUpOnClose, rigName: deps.rigName, runtimeDir: deps.runtimeDir });
}

function splitOptions(ref: BoardRef): { common: z.infer<typeof commonOptionsSchema>; own: Record<string, unknown> } {
  const known = Object.keys(commonOptionsSchema.shape);
  const entries = Object.entries(ref.options);
  const pick = (wanted: boolean): Record<string, unknown> =>
    Object.fromEntries(entries.filter(([name]) => known.includes(name) === wanted));
  return { common: parseOptions(ref, commonOptionsSchema, pick(true)), own: pick(false) };
}

function parseOptions<S extends z.ZodType>(ref: BoardRef, schema: S, options: unknown): z.output<S> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw badSpec(ref, z.prettifyError(parsed.error));
}

function ownOptions(ref: BoardRef, type: BoardType, given: Record<string, unknown>): Record<string, number> {
  const values = Object.fromEntries(Object.entries(type.options).map(([name, option]) => [name, option.default]));
  for (const [name, value] of Object.entries(given)) {
    const option = Object.hasOwn(type.options, name) ? type.options[name] : undefined;
    if (option === undefined) {
      const known = [...Object.keys(commonOptionsSchema.shape), ...Object.keys(type.options)].join(', ');
      throw badSpec(ref, `no option is called "${name}"; known: ${known}`);
    }
    if (typeof value !== 'number' || !(value >= option.min && value <= option.max)) {
      throw badSpec(ref, `${name} is ${JSON.stringify(value)}; ${option.min} to ${option.max} is allowed`);
    }
    values[name] = value;
  }
  return values;
}

function checkChannels(ref: BoardRef, type: BoardType): void {
  const { min, max } = type.channels;
  if (Number.isInteger(ref.channels) && ref.channels >= min && ref.channels <= max) return;
  throw badSpec(ref, `it has ${ref.channels} channels; a ${ref.type} has ${min} to ${max}`);
}

function badSpec(ref: BoardRef, what: string): PowerError {
  return new PowerError('BAD_SPEC', `board "${ref.name}" (${ref.type}): ${what}`, { board: ref.name });
}
