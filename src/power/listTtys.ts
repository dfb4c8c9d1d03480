/** What `relay list` shows: the serial ports of this host, and which boards each of them may be. */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { SerialPort } from 'serialport';
import { listBoards } from './listBoards.js';
import { holderOf } from './transport/ttyProblems.js';

export interface TtyListing {
  path: string;
  /** Under /dev/serial/by-id: the name to put in a rig profile. Null: the device has none. */
  stablePath: string | null;
  /** `1a86:7523`, lower case; null: not USB. */
  usb: string | null;
  manufacturer: string | null;
  /** Board types whose USB id this is; a converter chip is shared by many, so a guess. */
  likelyTypes: string[];
  heldBy: { pid: number; name: string } | null;
}

const BY_ID = '/dev/serial/by-id';

export async function listTtys(boardTypes: Record<string, unknown> = {}): Promise<TtyListing[]> {
  const stable = stablePaths();
  const boards = listBoards(boardTypes);
  const ports = (await SerialPort.list()).filter((port) => !isEmptySocket(port.path));
  ports.sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
  return ports.map((port) => {
    const usb = port.vendorId && port.productId ? `${port.vendorId}:${port.productId}`.toLowerCase() : null;
    return {
      path: port.path,
      stablePath: stable.get(port.path) ?? null,
      usb,
      manufacturer: port.manufacturer ?? null,
      likelyTypes: boards.filter((board) => usb !== null && board.usb.includes(usb)).map((board) => board.type),
      heldBy: fs.existsSync(port.path) ? holderOf(port.path) : null,
    };
  });
}

/** A 16550's node exists for each port that a board might have; sysfs says which have no UART behind them (type 0, unknown). */
function isEmptySocket(tty: string): boolean {
  try {
    return fs.readFileSync(`/sys/class/tty/${path.basename(tty)}/type`, 'utf8').trim() === '0';
  } catch {
    return false; // not a port of the serial core: USB bridges tell no type
  }
}

function stablePaths(): Map<string, string> {
  if (!fs.existsSync(BY_ID)) return new Map();
  const names = fs.readdirSync(BY_ID).map((name) => path.join(BY_ID, name));
  return new Map(names.flatMap((name): [string, string][] => {
    const tty = targetOf(name);
    return tty === null ? [] : [[tty, name]];
  }));
}

/** Null: unplugged since its name was listed. */
function targetOf(link: string): string | null {
  try {
    return fs.realpathSync(link);
  } catch {
    return null;
  }
}
