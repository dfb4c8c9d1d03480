/** Opens all boards of a rig and hands out its rails. */

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

/** What the outside world is; everything has a default. */
export interface PowerDeps {
  clock?: RawClock;
  openWire?: OpenWire;
  openMemory?: OpenBoardMemory;
  /** Told to whoever finds a tty held. */
  rigName?: string;
  /** For lock files and what is remembered of boards; must be shared by all users of a host's ttys. */
  runtimeDir?: string;
  /** Sees every byte. */
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
 * Opens, locks and initializes every board. Switches nothing, except on boards whose opening drops their relays: there
 * the rails were dark for a moment, and come back. Rejects with `PowerError`; what was opened by then is closed again.
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

/** (MERGED)
 * What the rails are, asked by somebody who only looks on: no relay is switched, none can be by the asking, and the tty is
 * held for the question alone. A bench that comes meanwhile waits for it (transport/serialWire.ts).
 *
 * Asked are boards whose opening says nothing to them: no reset, no initialization, no pins set up, and a read-back of
 * their own register or output. A control line is its own relay, and opening the tty moves it: never asked.
 */

export interface RailAtRest extends RailReading {
  /** Why the state is unknown; null: it is known, or the board itself is not sure. */
  why: string | null;
}

/** One answer a rail, in the spec's order; never rejects for a board. @throws PowerError BAD_SPEC, BAD_BOARD_TYPE */
export async function readRailsAtRest(spec: PowerSpec, deps: PowerDeps = {}): Promise<RailAtRest[]> {
  checkPowerSpec(spec);
  const answers = await Promise.all(spec.boards.map((ref) => readBoard(ref, spec, deps)));
  const byRail = new Map(answers.flat().map((answer) => [answer.rail, answer]));
  return spec.rails.map(({ name }) => byRail.get(name)!);
}

/** Can it be asked without telling it anything? */
export function mayBeAsked(ref: BoardRef, boardTypes: Record<string, unknown>): boolean {
  const resolved = resolveBoard(ref, boardTypes);
  switch (resolved.kind) {
    case 'line':
      return false;
    case 'exec':
      return resolved.options.state !== undefined && resolved.options.stateKind !== 'echo';
    case 'frames': {
      const { boot, open, openEachChannel, once, hangUpOnClose, read, measure } = resolved.type;
      // A board that must not be hung up on is one that opening may reset.
      const quiet =
        boot === undefined && open.length === 0 && openEachChannel.length === 0 && once.length === 0 && hangUpOnClose;
      const tells = measure !== undefined || read?.some(({ kind }) => kind === 'state') === true;
      return quiet && tells && resolved.common.readBack !== 'none';
    }
  }
}

async function readBoard(ref: BoardRef, spec: PowerSpec, deps: PowerDeps): Promise<RailAtRest[]> {
  const rails = spec.rails.filter((rail) => rail.board === ref.name);
  const unknown = (why: string): RailAtRest[] =>
    rails.map(({ name }) => ({ rail: name, state: 'unknown', evidence: 'none', why }));
  if (rails.length === 0) return [];
  if (!mayBeAsked(ref, spec.boardTypes))
    return unknown(`board "${ref.name}" (${ref.type}) can't be asked without being touched`);
  const used = boardDeps(deps);
  let controller: PowerController | null = null;
  try {
    const brief = {
      ...used,
      openWire: (settings: Parameters<typeof used.openWire>[0]) => used.openWire({ ...settings, brief: true }),
    };
    controller = new PowerController([await openBoard(ref, spec.boardTypes, [], brief)], rails, used.clock);
    const answers: RailAtRest[] = [];
    for (const { name } of rails) answers.push({ ...(await controller.readRail(name)), why: null });
    return answers;
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  } finally {
    await controller?.close();
  }
}
