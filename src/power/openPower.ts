/** Opens the boards of a rig: to switch its rails, or only to read them. */

import type { BoardRef } from './spec.js';
import type { Board } from './boards/board.js';
import { openBoardMemory, type OpenBoardMemory } from './boards/boardMemory.js';
import { type BoardDeps, openBoard } from './boards/openBoard.js';
import type { WireTrace } from './boards/connection.js';
import { checkPowerSpec, type PowerSpec, resolveBoard } from './boards/resolveBoard.js';
import type { RawClock } from '../base/clock.js';
import { systemClock } from '../base/systemClock.js';
import { PowerController } from './rails/controller.js';
import { relayChanges, type RailReading } from './rails/rail.js';
import { openSerialWire } from './transport/serialWire.js';
import type { OpenWire } from './transport/wire.js';

/** What the boards are opened with; every field has a default. */
export interface PowerDeps {
  clock?: RawClock;
  openWire?: OpenWire;
  openMemory?: OpenBoardMemory;
  /** Written to the lock file of each tty, for the error message of another process. */
  rigName?: string;
  /** Directory of lock files and board memories; all processes that use the host's ttys must share it. */
  runtimeDir?: string;
  /** Called with every byte sent and received. */
  trace?: (trace: WireTrace) => void;
}

const RUNTIME_DIR = '/run/plugpull';

export function boardDeps(deps: PowerDeps): BoardDeps {
  return {
    clock: deps.clock ?? systemClock,
    openWire: deps.openWire ?? openSerialWire,
    openMemory: deps.openMemory ?? openBoardMemory,
    rigName: deps.rigName ?? 'unnamed',
    runtimeDir: deps.runtimeDir ?? RUNTIME_DIR,
    trace: deps.trace ?? (() => undefined),
  };
}

/**
 * Opens, locks and initializes every board. Switches no relay, except on boards that drop their relays on opening:
 * their rails lose power for a moment, and `openPower` switches them on again. Rejects with `PowerError` and then
 * closes the boards that it has opened.
 */
export async function openPower(spec: PowerSpec, deps: PowerDeps = {}): Promise<PowerController> {
  checkPowerSpec(spec);
  const used = boardDeps(deps);
  const open = (ref: BoardRef): Promise<Board> => {
    const rest = spec.rails.filter((rail) => rail.board === ref.name).flatMap((rail) => relayChanges(rail, 'on'));
    return openBoard(ref, spec.boardTypes, rest, used);
  };
  const results = await Promise.allSettled(spec.boards.map(open));
  const boards = results.flatMap((result): Board[] => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await Promise.allSettled(boards.map((board) => board.close()));
    throw failure.reason;
  }
  return new PowerController(boards, spec.rails, used.clock);
}

export interface RailAtRest extends RailReading {
  /** Why the board was not read; null: it was read. */
  why: string | null;
}

/**
 * The state of every rail, in the spec's order, without a session. It holds each tty for one read only; a run that
 * needs the tty at that moment waits for it (transport/serialWire.ts). A board that cannot be read gives `unknown` and
 * the reason. Rejects with BAD_SPEC or BAD_BOARD_TYPE.
 */
export async function readRailsAtRest(spec: PowerSpec, deps: PowerDeps = {}): Promise<RailAtRest[]> {
  checkPowerSpec(spec);
  const answers = await Promise.all(spec.boards.map((ref) => readBoard(ref, spec, deps)));
  const byRail = new Map(answers.flat().map((answer) => [answer.rail, answer]));
  return spec.rails.map(({ name }) => byRail.get(name)!);
}

/**
 * Whether the board can be read without any effect on its relays: opening it sends no reset and no initialization, and
 * it reads back its own register or output. Opening the tty of a control line moves that line, so such a board cannot.
 */
export function mayBeAsked(ref: BoardRef, boardTypes: Record<string, unknown>): boolean {
  const resolved = resolveBoard(ref, boardTypes);
  switch (resolved.kind) {
    case 'line':
      return false;
    case 'exec':
      return resolved.options.state !== undefined && resolved.options.stateKind !== 'echo';
    case 'frames': {
      const { boot, open, openEachChannel, once, hangUpOnClose, read, measure } = resolved.type;
      // Where closing must not drop DTR, opening may reset the board.
      const quiet =
        boot === undefined && open.length === 0 && openEachChannel.length === 0 && once.length === 0 && hangUpOnClose;
      const hasReadBack = measure !== undefined || read?.some(({ kind }) => kind === 'state') === true;
      return quiet && hasReadBack && resolved.common.readBack !== 'none';
    }
  }
}

async function readBoard(ref: BoardRef, spec: PowerSpec, deps: PowerDeps): Promise<RailAtRest[]> {
  const rails = spec.rails.filter((rail) => rail.board === ref.name);
  const unknown = (why: string): RailAtRest[] =>
    rails.map(({ name }) => ({ rail: name, state: 'unknown', evidence: 'none', why }));
  if (rails.length === 0) return [];
  if (!mayBeAsked(ref, spec.boardTypes))
    return unknown(`board "${ref.name}" (${ref.type}) cannot be read without an effect on its relays`);
  const used = boardDeps(deps);
  let controller: PowerController | null = null;
  try {
    const brief = {
      ...used,
      openWire: (settings: Parameters<typeof used.openWire>[0]) => used.openWire({ ...settings, brief: true }),
    };
    controller = new PowerController([await openBoard(ref, spec.boardTypes, [], brief)], rails, used.clock);
    const answers = await controller.readRails(rails.map(({ name }) => name));
    return answers.map((answer) => ({ ...answer, why: null }));
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  } finally {
    await controller?.close();
  }
}
