/** From a rig profile's board to one that is open, initialized and queued. */

import type { BoardRef } from '../spec.js';
import type { RawClock } from '../../base/clock.js';
import { type LineSettings, lineText } from '../line.js';
import type { OpenWire, Wire } from '../transport/wire.js';
import { type Board, queued, type RelayChange } from './board.js';
import type { OpenBoardMemory } from './boardMemory.js';
import { execBoard } from './execBoard.js';
import { FrameBoard } from './frameBoard.js';
import { resolveBoard, type ResolvedBoard } from './resolveBoard.js';
import { BoardConnection, type WireTrace } from './connection.js';

export interface BoardDeps {
  clock: RawClock;
  openWire: OpenWire;
  openMemory: OpenBoardMemory;
  rigName: string;
  runtimeDir: string;
  trace: (trace: WireTrace) => void;
}

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
  const resolved = resolveBoard(ref, boardTypes);
  switch (resolved.kind) {
    case 'exec':
      return queued(execBoard(ref.name, ref.channels, resolved.options, deps.clock));
    case 'line': {
      const wire = await openTty(ref, resolved.line, false, deps);
      return queued(lineBoard(ref.name, resolved.control, wire));
    }
    case 'frames':
      return openFrameBoard(ref, resolved, rest, deps);
  }
}

async function openFrameBoard(
  ref: BoardRef,
  { type, common, line, options }: ResolvedBoard & { kind: 'frames' },
  rest: readonly RelayChange[],
  deps: BoardDeps,
): Promise<Board> {
  const wire = await openTty(ref, line, type.hangUpOnClose, deps);
  try {
    const settings = {
      board: ref.name,
      line: lineText(line),
      gapMs: common.gapMs ?? type.gapMs,
      quietMs: type.quietMs,
    };
    const board = new FrameBoard({
      name: ref.name,
      typeName: ref.type,
      type,
      channels: ref.channels,
      options,
      replyTimeoutMs: common.replyTimeoutMs ?? type.replyTimeoutMs,
      attempts: common.attempts,
      clock: deps.clock,
      session: new BoardConnection(wire, deps.clock, settings, deps.trace),
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

function openTty(ref: BoardRef, line: LineSettings, hangUpOnClose: boolean, deps: BoardDeps): Promise<Wire> {
  return deps.openWire({ tty: ref.tty, ...line, hangUpOnClose, rigName: deps.rigName, runtimeDir: deps.runtimeDir });
}

/** (MERGED)
 * A relay or transistor on a control line of the tty: channel 1 is DTR or RTS. Raised = on; a rail's `invert` turns it.
 * No answer. Opening the tty may raise both lines before the first command: that is the driver's doing and can't be
 * kept from it.
 */

export type ControlLine = 'dtr' | 'rts';

export function lineBoard(name: string, line: ControlLine, wire: Wire): Board {
  // TIOCMSET sets both at once: the other one is held where opening put it.
  const lines = { dtr: true, rts: true };
  return {
    name,
    type: line,
    channels: 1,
    readBack: 'none',
    readBackWithinMs: 0,
    async set(changes) {
      lines[line] = changes[changes.length - 1].on;
      return { commandNs: await wire.setLines({ ...lines }), evidence: 'none' };
    },
    read: () => Promise.resolve(null),
    pulse: () => Promise.resolve(null),
    identify: () => Promise.resolve(null),
    close: () => wire.close(),
  };
}
