/**
 * A strict peer behind a pty, in the process of the test. It records the bytes it gets and each relay that switches.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { PeerSwitch } from '../../src/lab/peer.js';
import { createPeer } from '../../src/lab/peers/index.js';
import { openPty } from '../../src/lab/pty.js';
import { openSerialWire } from '../../src/power/transport/serialWire.js';
import type { OpenWire } from '../../src/power/transport/wire.js';
import { openPower, type PowerDeps } from '../../src/power/openPower.js';
import type { PowerController } from '../../src/power/rails/controller.js';
import type { BoardRef, RailSpec } from '../../src/power/spec.js';

/** A limit for a hang only. The bytes of a pty pass through a kernel thread, then through the event loop. */
const RECEIVE_MS_MAX = 30_000;

/** Bytes written to each tty through a `countedWire`. */
const sentBytes = new Map<string, number>();

const countedWire: OpenWire = async (settings) => {
  const wire = await openSerialWire(settings);
  return {
    ...wire,
    write: (bytes) => {
      sentBytes.set(settings.tty, (sentBytes.get(settings.tty) ?? 0) + bytes.length);
      return wire.write(bytes);
    },
  };
};

const closing: (() => Promise<void>)[] = [];

export interface VirtualBoard {
  tty: string;
  /** Present state of each contact, also during a pulse. */
  contacts: Map<number, boolean>;
  switched: PeerSwitch[];
  /** Each chunk from the host, in hex. */
  received: string[];
  /** Opens its tty as the bench does, and notifies the peer, because DTR resets some boards. */
  openWire: OpenWire;
  /** Resolves when the board has received all bytes sent so far through `openWire` or `openOne`. */
  allReceived(): Promise<void>;
  /** Sends bytes to the host that no command has caused. */
  send(bytes: Uint8Array): void;
  /** Delivers bytes to the board as if another program had sent them. */
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
  // The kernel reuses the number of a closed pty.
  sentBytes.delete(pty.path);
  const peer = createPeer(protocol, { channels, initialOn, options });
  const contacts = new Map(Array.from({ length: channels }, (_, i) => [i + 1, initialOn]));
  const switched: PeerSwitch[] = [];
  const received: string[] = [];
  let receivedBytes = 0;
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
    // One piece for each turn of the event loop, so that the host reads them separately.
    const sendFrom = (i: number): void => {
      if (i >= reaction.reply.length) return;
      pty.send(reaction.reply[i]);
      setImmediate(() => sendFrom(i + 1));
    };
    later(reaction.replyAfterMs, () => sendFrom(0));
  };
  pty.onData((chunk) => {
    received.push(chunk.toString('hex').toUpperCase());
    receivedBytes += chunk.length;
    apply(peer.receive(chunk, performance.now()));
  });
  const board: VirtualBoard = {
    tty: pty.path,
    contacts,
    switched,
    received,
    openWire: async (settings) => {
      const wire = await countedWire(settings);
      if (peer.opened) apply(peer.opened(performance.now()));
      return wire;
    },
    async allReceived() {
      const deadline = performance.now() + RECEIVE_MS_MAX;
      while (receivedBytes < (sentBytes.get(pty.path) ?? 0)) {
        if (performance.now() > deadline)
          throw new Error(`the virtual board has received ${receivedBytes} of ${sentBytes.get(pty.path)} bytes`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
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

/** Closes all that `startVirtualBoard` and `openOne` opened, newest first. For afterEach. */
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

/** Opens one board. Without `rails` each channel is a rail: `r1`, `r2`, … */
export async function openOne(
  ref: BoardRef,
  deps: PowerDeps,
  rails: RailSpec[] = Array.from({ length: ref.channels }, (_, i) => rail(`r${i + 1}`, [i + 1])),
  boardTypes: Record<string, unknown> = {},
): Promise<PowerController> {
  const power = await openPower({ boards: [ref], boardTypes, rails }, { openWire: countedWire, ...deps });
  closing.push(() => power.close());
  return power;
}
