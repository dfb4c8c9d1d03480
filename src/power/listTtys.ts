/** Lists the serial ports of this host for `relay list`, each with the board types that it may be. */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { listBoards } from './catalogue/index.js';
import { holderOf } from './transport/ttyProblems.js';

export interface TtyListing {
  path: string;
  /**
   * The name for a rig profile: under by-id if no other adapter can have that name, else under by-path. Null: it has
   * none.
   */
  stablePath: string | null;
  /**
   * Its name under by-id, if another adapter can have the same: all adapters of one kind without a serial number (most
   * CH340) have one name, and the link leads to the one plugged in last. Null: it has no such name.
   */
  sharedById: string | null;
  /** `1a86:7523`, lower case; null: not USB. */
  usb: string | null;
  manufacturer: string | null;
  /** Board types with this USB id: a guess, because many boards share a converter chip. */
  likelyTypes: string[];
  heldBy: { pid: number; name: string } | null;
}

/** A serial port as udev describes it. */
export interface SerialPortOfHost {
  path: string;
  manufacturer?: string | undefined;
  serialNumber?: string | undefined;
  /** Its name under by-id. */
  pnpId?: string | undefined;
  vendorId?: string | undefined;
  productId?: string | undefined;
}

/** The sources of the list; tests replace them. */
export interface TtySources {
  ports(): Promise<SerialPortOfHost[]>;
  /** The directory that contains by-id and by-path. */
  linkDir: string;
}

const HOST: TtySources = { ports: async () => (await import('serialport')).SerialPort.list(), linkDir: '/dev/serial' };

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
    const isShared = idName !== null && !hasUniqueId(port, ports);
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

/**
 * Whether no other adapter can have this port's name under by-id. Without a serial number a second adapter of this kind
 * gets the same name, and some manufacturers give all adapters one serial number.
 */
function hasUniqueId(port: SerialPortOfHost, all: readonly SerialPortOfHost[]): boolean {
  if (!port.serialNumber) return false;
  return port.pnpId === undefined || all.every((other) => other === port || other.pnpId !== port.pnpId);
}

/** The 8250 driver creates nodes for ports that do not exist; sysfs gives those the type 0 (unknown). */
function isEmptySocket(tty: string): boolean {
  try {
    return fs.readFileSync(`/sys/class/tty/${path.basename(tty)}/type`, 'utf8').trim() === '0';
  } catch {
    return false; // not a port of the serial core: a USB bridge has no type
  }
}

/** Links by node. Of several links to one node the first by name counts: by-path has one for USB and one for USB 2. */
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

/** Null: the adapter was unplugged after its name was listed. */
function targetOf(link: string): string | null {
  try {
    return fs.realpathSync(link);
  } catch {
    return null;
  }
}
