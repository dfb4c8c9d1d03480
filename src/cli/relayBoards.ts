/** `plugpull relay boards` (what can be driven) and `relay list` (what seems to be plugged in). Neither opens a tty. */
import type { Command } from 'commander';
import { SerialPort } from 'serialport';
import { catalogue } from '../power/catalogue/index.js';
import { readBackOf } from '../power/boardType.js';
import { print, printJson } from './options.js';

interface ListOptions {
  json?: boolean;
}

export function addRelayBoards(relay: Command): void {
  relay.command('boards').description('board types known by name').option('--json', 'for programs').action(listTypes);
  relay.command('list').description('ttys of this host, and which board each may be').option('--json', 'for programs').action(listTtys);
}

function listTypes(options: ListOptions): void {
  const rows = [...catalogue].map(([name, type]) => ({
    name,
    title: type.title,
    channels: type.channels,
    readBack: readBackOf(type),
    sure: type.sure,
    usb: type.usb,
  }));
  if (options.json) return printJson(rows);
  print('type           channels  read-back  sure  what');
  for (const r of rows) {
    const channels = `${r.channels.min}-${r.channels.max}`;
    print(`${r.name.padEnd(14)} ${channels.padEnd(9)} ${r.readBack.padEnd(10)} ${r.sure.padEnd(5)} ${r.title}`);
  }
  print('also: dtr, rts (a control line of a tty), exec (commands of your own); or describe one under boardTypes: in the profile');
}

async function listTtys(options: ListOptions): Promise<void> {
  const rows = (await SerialPort.list()).map((port) => {
    const usb = port.vendorId && port.productId ? `${port.vendorId}:${port.productId}`.toLowerCase() : null;
    return {
      tty: port.path,
      usb,
      serial: port.serialNumber ?? null,
      manufacturer: port.manufacturer ?? null,
      // Converter chips are shared by many boards: a guess, nothing more.
      mayBe: usb === null ? [] : [...catalogue].filter(([, type]) => type.usb.includes(usb)).map(([name]) => name),
    };
  });
  if (options.json) return printJson(rows);
  if (rows.length === 0) return print('no serial ports');
  for (const r of rows) {
    const guess = r.mayBe.length === 0 ? '' : `  may be: ${r.mayBe.join(', ')}`;
    print(`${r.tty.padEnd(16)} ${(r.usb ?? '-').padEnd(10)} ${r.manufacturer ?? ''}${guess}`);
  }
}
