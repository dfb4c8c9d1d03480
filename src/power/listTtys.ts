/** What `relay list` shows: the serial ports of this host, and which boards each of them may be. */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { SerialPort } from 'serialport';
import { listBoards } from './catalogue/index.js';
import { holderOf } from './transport/ttyProblems.js';

export interface TtyListing {
  path: string;
  /** The name to put in a rig profile: under by-id where that is this adapter's alone, else under by-path. Null: it has none. */
  stablePath: string | null;
  /**
   * Its name under by-id, where that is not its alone: adapters without a serial number (most CH340) have one name in
   * common, and the link leads to the one that was plugged in last. Null: it has no such name.
   */
  sharedById: string | null;
  /** `1a86:7523`, lower case; null: not USB. */
  usb: string | null;
  manufacturer: string | null;
  /** Board types whose USB id this is; a converter chip is shared by many, so a guess. */
  likelyTypes: string[];
  heldBy: { pid: number; name: string } | null;
}

/** A port as udev tells it. */
export interface SerialPortOfHost {
  path: string;
  manufacturer?: string | undefined;
  serialNumber?: string | undefined;
  /** Its name under by-id. */
  pnpId?: string | undefined;
  vendorId?: string | undefined;
  productId?: string | undefined;
}

/** Where ports are looked for. */
export interface TtySources {
  ports(): Promise<SerialPortOfHost[]>;
  /** With by-id and by-path. */
  linkDir: string;
}

const HOST: TtySources = { ports: () => SerialPort.list(), linkDir: '/dev/serial' };

export async function listTtys(
  boardTypes: Record<string, unknown> = {},
  sources: TtySources = HOST,
): Promise<TtyListing[]> {
  const byId = linksIn(path.join(sources.linkDir, 'by-id'));
  const byPath = linksIn(path.join(sources.linkDir, 'by-path'));
  const boards = listBoards(boardTypes);
  const ports = (await sources.ports()).filter((port) => !isEmptySocket(port.path));
  ports.sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
  return ports.map((port) => {
    const usb = port.vendorId && port.productId ? `${port.vendorId}:${port.productId}`.toLowerCase() : null;
    const node = targetOf(port.path) ?? port.path;
    const idName = byId.get(node) ?? (port.pnpId ? path.join(sources.linkDir, 'by-id', port.pnpId) : null);
    const isShared = idName !== null && !isItsAlone(port, ports);
    return {
      path: port.path,
      stablePath: (isShared ? null : idName) ?? byPath.get(node) ?? null,
      sharedById: isShared ? idName : null,
      usb,
      manufacturer: port.manufacturer ?? null,
      likelyTypes: boards.filter((board) => usb !== null && board.usb.includes(usb)).map((board) => board.type),
      heldBy: fs.existsSync(port.path) ? holderOf(port.path) : null,
    };
  });
}

/** A twin may be plugged in tomorrow: only a serial number makes the name one adapter's, and cheap ones all have the same. */
function isItsAlone(port: SerialPortOfHost, all: readonly SerialPortOfHost[]): boolean {
  if (!port.serialNumber) return false;
  return port.pnpId === undefined || all.every((other) => other === port || other.pnpId !== port.pnpId);
}

/** A 16550's node exists for each port that a board might have; sysfs says which have no UART behind them (type 0, unknown). */
function isEmptySocket(tty: string): boolean {
  try {
    return fs.readFileSync(`/sys/class/tty/${path.basename(tty)}/type`, 'utf8').trim() === '0';
  } catch {
    return false; // not a port of the serial core: USB bridges tell no type
  }
}

/** By node; of several links to one, the first by name (by-path has one for USB 2 besides the one for USB). */
function linksIn(dir: string): Map<string, string> {
  const found = new Map<string, string>();
  if (!fs.existsSync(dir)) return found;
  for (const name of fs.readdirSync(dir).sort()) {
    const link = path.join(dir, name);
    const tty = targetOf(link);
    if (tty !== null && !found.has(tty)) found.set(tty, link);
  }
  return found;
}

/** Null: unplugged since its name was listed. */
function targetOf(link: string): string | null {
  try {
    return fs.realpathSync(link);
  } catch {
    return null;
  }
}
