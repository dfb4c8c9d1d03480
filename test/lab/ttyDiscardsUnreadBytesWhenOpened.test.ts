import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startBoard, type Board } from '../../src/lab/board.js';
import { libcCalls } from '../../src/lab/libc.js';
import type { BoardPeer } from '../../src/lab/peer.js';
import { waitFor } from './labFixture.js';

const { O_RDWR, O_NOCTTY, O_NONBLOCK } = fs.constants;
const open: number[] = [];
let board: Board | null = null;

function host(): number {
  const fd = fs.openSync(board!.ttyPath, O_RDWR | O_NOCTTY | O_NONBLOCK);
  open.push(fd);
  return fd;
}

function hostCloses(fd: number): void {
  fs.closeSync(fd);
  open.splice(open.indexOf(fd), 1);
}

function received(fd: number): string {
  const bytes = Buffer.alloc(256);
  try {
    return bytes.toString('latin1', 0, fs.readSync(fd, bytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
    throw error;
  }
}

const FIONREAD = 0x541b;

/** Number of unread bytes. */
function unread(fd: number): number {
  const count = Buffer.alloc(4);
  libcCalls.ioctl(fd, FIONREAD, count);
  return count.readInt32LE(0);
}

interface Contact {
  channel: number;
  on: boolean;
  atMs: number;
}

/** Starts a board with this peer; returns the list of its contacts' moves. */
function start(peer: BoardPeer, contactDelayMs = 0): Contact[] {
  const contacts: Contact[] = [];
  const spec = { name: 'relay0', protocol: 'test', channels: 2, contactDelayMs, options: {} };
  board = startBoard(
    spec,
    () => true,
    () => peer,
    (_, channel, on) => contacts.push({ channel, on, atMs: performance.now() }),
  );
  return contacts;
}

const echo: BoardPeer = { receive: (chunk) => ({ reply: [chunk], switched: [] }) };

describe('a virtual board', () => {
  afterEach(() => {
    open.splice(0).forEach((fd) => fs.closeSync(fd));
    board?.close();
    board = null;
  });

  it('passes bytes of every value both ways, unchanged', async () => {
    start(echo);
    const fd = host();
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    fs.writeSync(fd, all);
    let seen = '';
    await waitFor('256 bytes come back', () => (seen += received(fd)).length >= 256);
    expect(seen).toBe(all.toString('latin1'));
  });

  it('discards unread answers when another host opens the tty', async () => {
    let heard = '';
    start({
      receive: (chunk) => {
        heard += Buffer.from(chunk).toString('latin1');
        return { reply: [chunk], switched: [] };
      },
    });
    const first = host();
    fs.writeSync(first, 'old');
    await waitFor('it is answered', () => heard === 'old');
    // A kernel thread delivers the answer; the board can only discard delivered bytes.
    await waitFor('the answer has arrived', () => unread(first) === 3);
    hostCloses(first);
    const second = host();
    await delay(60);
    expect(received(second)).toBe('');
    fs.writeSync(second, 'new');
    let seen = '';
    await waitFor('the answer comes', () => (seen += received(second)).length >= 3);
    expect(seen).toBe('new');
  });

  it('notifies its peer of an opening before the first bytes that follow it', async () => {
    const heard: string[] = [];
    start({
      receive: (chunk) => {
        heard.push(Buffer.from(chunk).toString('latin1'));
        return { reply: [], switched: [] };
      },
      opened: () => {
        heard.push('opened');
        return { reply: [Buffer.from('boot')], switched: [{ channel: 1, on: false }] };
      },
    });
    const fd = host();
    fs.writeSync(fd, 'x');
    await waitFor('the byte arrives', () => heard.includes('x'));
    expect(heard).toEqual(['opened', 'x']);
    let seen = '';
    await waitFor('the boot message arrives', () => (seen += received(fd)).length >= 4);
    expect(seen).toBe('boot');
  });

  it('moves its contacts in order after their delay, also for pulses that the board times', async () => {
    const pulse = [
      { channel: 1, on: false },
      { channel: 1, on: true, afterMs: 100 },
    ];
    const contacts = start({ receive: () => ({ reply: [], switched: pulse }) }, 50);
    const fd = host();
    const sentMs = performance.now();
    fs.writeSync(fd, 'x');
    await waitFor('both moves', () => contacts.length === 2);
    expect(contacts.map(({ on }) => on)).toEqual([false, true]);
    // Both are measured from the command: on a busy host only the first may be late.
    expect(contacts[0]!.atMs - sentMs).toBeGreaterThan(45);
    expect(contacts[1]!.atMs - sentMs).toBeGreaterThan(145);
  });
});
