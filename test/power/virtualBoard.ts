/** A strict peer behind a real pty, in the test's own process; counts what its relays did. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { PeerSwitch } from '../../src/lab/peer.js';
import { createPeer } from '../../src/lab/peers/index.js';
import { openPty } from '../../src/lab/pty.js';
import { openSerialWire } from '../../src/power/transport/serialWire.js';
import type { OpenWire } from '../../src/power/transport/wire.js';
import { openPower, type PowerController, type PowerDeps } from '../../src/power/index.js';
import type { BoardRef, RailSpec } from '../../src/rig/resolved.js';

/**
 * Bytes of a pty pass through a kernel thread, then through the event loop; a board without an answer gives no other
 * sign. Several short waits, each with a poll of the loop behind it: one long timer may fire before what it waited for.
 */
const PTY_MS = 10;
const PTY_TURNS = 5;

async function ptyQuiet(): Promise<void> {
  for (let turn = 0; turn < PTY_TURNS; turn++) {
    await new Promise((resolve) => setTimeout(resolve, PTY_MS));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const closing: (() => Promise<void>)[] = [];

export interface VirtualBoard {
  tty: string;
  /** Contacts as they are now; pulses included. */
  contacts: Map<number, boolean>;
  switched: PeerSwitch[];
  /** What came from the host, in hex. */
  received: string[];
  /** Opens its tty as the bench does; the board notices, as one that DTR resets would. */
  openWire: OpenWire;
  /** Resolves when everything that the host had sent by now has been heard. */
  settled(): Promise<void>;
  send(bytes: Uint8Array): void;
  /** As if another program had sent it. */
  hear(bytes: Uint8Array): void;
  close(): void;
}

export function startVirtualBoard(
  protocol: string,
  channels: number,
  options: Record<string, unknown> = {},
  initialOn = true,
): VirtualBoard {
  const pty = openPty();
  const peer = createPeer(protocol, { channels, initialOn, options });
  const contacts = new Map(Array.from({ length: channels }, (_, i) => [i + 1, initialOn]));
  const switched: PeerSwitch[] = [];
  const received: string[] = [];
  let closed = false;
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number | undefined, act: () => void): void => {
    if (!ms) return act();
    timers.add(setTimeout(act, ms));
  };
  const apply = (reaction: ReturnType<typeof peer.receive>): void => {
    for (const move of reaction.switched) {
      switched.push(move);
      later(move.afterMs, () => contacts.set(move.channel, move.on));
    }
    // Each piece on its own turn of the loop, so that the host really reads it in pieces.
    const sendFrom = (i: number): void => {
      if (i >= reaction.reply.length) return;
      pty.send(reaction.reply[i]);
      setImmediate(() => sendFrom(i + 1));
    };
    later(reaction.replyAfterMs, () => sendFrom(0));
  };
  pty.onData((chunk) => {
    received.push(chunk.toString('hex').toUpperCase());
    apply(peer.receive(chunk, performance.now()));
  });
  const board: VirtualBoard = {
    tty: pty.path,
    contacts,
    switched,
    received,
    openWire: async (settings) => {
      const wire = await openSerialWire(settings);
      if (peer.opened) apply(peer.opened(performance.now()));
      return wire;
    },
    settled: ptyQuiet,
    send: (bytes) => pty.send(bytes),
    hear: (bytes) => apply(peer.receive(bytes, performance.now())),
    close: () => {
      timers.forEach(clearTimeout);
      if (!closed) pty.close();
      closed = true;
    },
  };
  closing.push(() => Promise.resolve(board.close()));
  return board;
}

/** Closes what `startVirtualBoard` and `openOne` opened, newest first. For afterEach. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

export function temporaryDir(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'plugpull-power-'));
}

export function boardRef(type: string, tty: string, channels: number, options: Record<string, unknown> = {}): BoardRef {
  return { name: 'board', type, tty, channels, options };
}

export function rail(name: string, channels: number[], over: Partial<RailSpec> = {}): RailSpec {
  return { name, board: 'board', channels, powers: [], contact: 'NO', invert: false, settleMs: 0, ...over };
}

/** One board, one rail a channel: `r1`, `r2`, … unless rails are given. */
export async function openOne(
  ref: BoardRef,
  deps: PowerDeps,
  rails: RailSpec[] = Array.from({ length: ref.channels }, (_, i) => rail(`r${i + 1}`, [i + 1])),
  boardTypes: Record<string, unknown> = {},
): Promise<PowerController> {
  const power = await openPower({ boards: [ref], boardTypes, rails }, deps);
  closing.push(() => power.close());
  return power;
}
