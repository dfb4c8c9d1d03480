/** Opens a board of a rig profile: a queued board, initialized and ready to switch. */

import type { BoardRef } from '../spec.js';
import type { RawClock } from '../../base/clock.js';
import { type LineSettings, lineText } from '../line.js';
import type { OpenWire, Wire } from '../transport/wire.js';
import { type Board, queued, type RelayChange } from './board.js';
import type { OpenBoardMemory } from './boardMemory.js';
import { execBoard } from './execBoard.js';
import { FrameBoard } from './frameBoard.js';
import { type ControlLine, resolveBoard, type ResolvedBoard } from './resolveBoard.js';
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
 * `rest`: the relay states with every rail on, for boards that drop their relays on opening or have no read-back.
 * Rejects with `PowerError`: BAD_SPEC, BAD_BOARD_TYPE, TTY_… or BOARD_….
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
      connection: new BoardConnection(wire, deps.clock, settings, deps.trace),
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

/**
 * A relay or transistor on a control line of the tty: channel 1 is DTR or RTS. A raised line is on; a rail's `invert`
 * reverses that. The board never answers. The tty driver may raise both lines when the tty is opened, before the first
 * command; no program can prevent that.
 */
function lineBoard(name: string, line: ControlLine, wire: Wire): Board {
  // TIOCMSET sets both lines: the other line keeps the state that opening gave it.
  const lines = { dtr: true, rts: true };
  return {
    name,
    type: line,
    channels: 1,
    readBack: 'none',
    readBackWithinMs: 0,
    async set(changes) {
      lines[line] = changes[changes.length - 1].on;
      return { commandNs: await wire.setLines({ ...lines }), proof: 'none' };
    },
    read: () => Promise.resolve(null),
    pulse: () => Promise.resolve(null),
    identify: () => Promise.resolve(null),
    close: () => wire.close(),
  };
}
