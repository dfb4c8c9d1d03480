/** Adapters without a serial number share one by-id name, so a profile must name them by the USB socket (by-path). */

import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { openPty, type Pty } from '../../src/lab/pty.js';
import { listTtys, type SerialPortOfHost } from '../../src/power/listTtys.js';
import { ttyDoubts } from '../../src/power/preflight.js';
import { parseRig } from '../../src/rig/load.js';
import { MINIMAL } from '../rig/minimal.js';
import { temporaryDir } from './virtualBoard.js';

const dir = temporaryDir();
const ptys: Pty[] = [];
afterEach(() => {
  ptys.splice(0).forEach((pty) => pty.close());
  fs.rmSync(dir, { recursive: true, force: true });
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const CH340 = { manufacturer: 'QinHeng', vendorId: '1a86', productId: '7523', pnpId: 'usb-1a86_USB_Serial-if00-port0' };
const FTDI = {
  manufacturer: 'FTDI',
  vendorId: '0403',
  productId: '6001',
  serialNumber: 'A50285BI',
  pnpId: 'usb-FTDI_FT232R_A50285BI-if00-port0',
};

const byId = (name: string): string => path.join(dir, 'by-id', name);
const byPath = (socket: string): string => path.join(dir, 'by-path', `pci-0000:00:14.0-usb-0:${socket}:1.0-port0`);

/** Links an adapter as udev does: the by-id link leads to the latest adapter, the by-path link to this one. */
function plugIn(port: Omit<SerialPortOfHost, 'path'>, socket: string | null): SerialPortOfHost {
  const pty = openPty();
  ptys.push(pty);
  for (const kind of ['by-id', 'by-path']) fs.mkdirSync(path.join(dir, kind), { recursive: true });
  if (port.pnpId !== undefined) {
    fs.rmSync(byId(port.pnpId), { force: true });
    fs.symlinkSync(pty.path, byId(port.pnpId));
  }
  if (socket !== null) {
    fs.symlinkSync(pty.path, byPath(socket));
    fs.symlinkSync(pty.path, byPath(socket).replace('-usb-', '-usbv2-'));
  }
  return { path: pty.path, ...port };
}

const list = (ports: SerialPortOfHost[]) => listTtys({}, { ports: () => Promise.resolve([...ports]), linkDir: dir });

it('two CH340 are each named by their socket, not by the name that they share', async () => {
  const ports = [plugIn(CH340, '2'), plugIn(CH340, '3')];
  const found = await list(ports);
  expect(found.map(({ stablePath }) => stablePath).sort()).toEqual([byPath('2'), byPath('3')]);
  expect(found.map(({ sharedById }) => sharedById)).toEqual([byId(CH340.pnpId), byId(CH340.pnpId)]);
});

it('a single CH340 is named by its socket too, because a second one would share its by-id name', async () => {
  expect(await list([plugIn(CH340, '2')])).toMatchObject([
    { stablePath: byPath('2'), sharedById: byId(CH340.pnpId), likelyTypes: ['lcus', 'sainsmart16'] },
  ]);
});

it('an adapter with a serial number of its own is named by its id', async () => {
  expect(await list([plugIn(FTDI, '2'), plugIn(CH340, '3')])).toMatchObject([
    { stablePath: byId(FTDI.pnpId), sharedById: null },
    { stablePath: byPath('3') },
  ]);
});

it('two adapters with the same serial number are named by their sockets', async () => {
  const found = await list([plugIn(FTDI, '2'), plugIn(FTDI, '3')]);
  expect(found.map(({ stablePath }) => stablePath).sort()).toEqual([byPath('2'), byPath('3')]);
});

it('a serial port without a by-path name gets no recommended name if others may share its by-id name', async () => {
  expect(await list([plugIn(CH340, null)])).toMatchObject([{ stablePath: null, sharedById: byId(CH340.pnpId) }]);
});

it('for a profile with a shared name, the message contains the name to write', async () => {
  const ports = [plugIn(CH340, '2'), plugIn(CH340, '3')];
  const boards = [
    { name: 'relay0', tty: byId(CH340.pnpId) },
    { name: 'relay1', tty: byPath('2') },
    { name: 'lab', tty: 'lab:x' },
  ];
  const doubts = await ttyDoubts(boards, () => list(ports));
  // The link leads to the adapter that was plugged in last.
  expect(doubts).toEqual([
    {
      board: 'relay0',
      found: expect.stringContaining('have it now') as string,
      mend: expect.stringContaining(byPath('3')) as string,
    },
  ]);
  expect(await ttyDoubts(boards, () => Promise.reject(new Error('no udevadm')))).toEqual([]);
});

it.each(['/dev/ttyUSB0', '/dev/ttyACM1'])('a profile with %s loads with a warning', (tty) => {
  const rig = parseRig(
    MINIMAL.replace('boards:\n', `boards:\n  cheap: { type: lcus, tty: ${tty}, channels: 1 }\n`),
    'b.yaml',
  );
  expect(rig.warnings.filter(({ field }) => field === 'boards.cheap.tty').map(({ text }) => text)).toEqual([
    expect.stringContaining('by-path (plugpull relay list)') as string,
  ]);
});

it.each(['/dev/ttyS0', '/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0'])(
  'a profile with %s loads without a warning',
  (tty) => {
    const rig = parseRig(
      MINIMAL.replace('boards:\n', `boards:\n  cheap: { type: lcus, tty: "${tty}", channels: 1 }\n`),
      'b.yaml',
    );
    expect(rig.warnings.filter(({ field }) => field.startsWith('boards'))).toEqual([]);
  },
);
