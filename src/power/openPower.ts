/** Opens all boards of a rig and hands out its rails. */

import type { BoardRef } from './spec.js';
import type { Board } from './boards/board.js';
import { openBoardMemory, type OpenBoardMemory } from './boards/boardMemory.js';
import { type BoardDeps, openBoard } from './boards/openBoard.js';
import type { WireTrace } from './boards/connection.js';
import { checkPowerSpec, type PowerSpec } from './checkPowerSpec.js';
import { type RawClock } from '../base/clock.js';
import { systemClock } from '../base/systemClock.js';
import { PowerController } from './rails/controller.js';
import { relayChanges } from './rails/railMap.js';
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
