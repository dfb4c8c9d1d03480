/** The catalogue renders the frames that vendors and owners of the boards publish. */

import { expect, it } from 'vitest';
import { type Step } from '../../src/power/boardType.js';
import { allChannels, boardValues } from '../../src/power/boardTypeCheck.js';
import { catalogue } from '../../src/power/catalogue/index.js';
import { toHex } from '../../src/power/hex.js';
import { fromHex } from './fromHex.js';
import { renderFrame } from '../../src/power/language/frame.js';

interface Published {
  board: string;
  channels: number;
  /** The command: on3, off1, all-on, all-off, read, read2 (of channel 2), identify, pulse-on1=7, mask=… */
  what: string;
  bytes: string | { ascii: string };
}

const published: Published[] = [
  { board: 'lcus', channels: 8, what: 'on1', bytes: 'A0 01 01 A2' },
  { board: 'lcus', channels: 8, what: 'off1', bytes: 'A0 01 00 A1' },
  { board: 'lcus', channels: 8, what: 'on2', bytes: 'A0 02 01 A3' },
  { board: 'lcus', channels: 8, what: 'off2', bytes: 'A0 02 00 A2' },
  { board: 'lcus', channels: 8, what: 'off8', bytes: 'A0 08 00 A8' },
  { board: 'lcus', channels: 8, what: 'read', bytes: 'FF' },
  { board: 'numato', channels: 8, what: 'on1', bytes: { ascii: 'relay on 0\r' } },
  { board: 'numato', channels: 8, what: 'off1', bytes: { ascii: 'relay off 0\r' } },
  { board: 'numato', channels: 16, what: 'on16', bytes: { ascii: 'relay on F\r' } },
  { board: 'numato', channels: 32, what: 'on32', bytes: { ascii: 'relay on V\r' } },
  { board: 'numato', channels: 64, what: 'on5', bytes: { ascii: 'relay on 04\r' } },
  { board: 'numato', channels: 64, what: 'off64', bytes: { ascii: 'relay off 63\r' } },
  { board: 'numato', channels: 8, what: 'read1', bytes: { ascii: 'relay read 0\r' } },
  { board: 'numato', channels: 8, what: 'identify', bytes: { ascii: 'ver\r' } },
  { board: 'kmtronic', channels: 2, what: 'on1', bytes: 'FF 01 01' },
  { board: 'kmtronic', channels: 2, what: 'off2', bytes: 'FF 02 00' },
  { board: 'kmtronic', channels: 2, what: 'read2', bytes: 'FF 02 03' },
  { board: 'kmtronic', channels: 8, what: 'read', bytes: 'FF 09 00' },
  { board: 'devantech', channels: 8, what: 'on1', bytes: '65' },
  { board: 'devantech', channels: 8, what: 'on8', bytes: '6C' },
  { board: 'devantech', channels: 8, what: 'off1', bytes: '6F' },
  { board: 'devantech', channels: 8, what: 'off8', bytes: '76' },
  { board: 'devantech', channels: 8, what: 'all-on', bytes: '64' },
  { board: 'devantech', channels: 8, what: 'all-off', bytes: '6E' },
  { board: 'devantech', channels: 8, what: 'read', bytes: '5B' },
  { board: 'devantech', channels: 8, what: 'identify', bytes: '5A' },
  { board: 'icse', channels: 8, what: 'mask=1', bytes: 'FE' },
  { board: 'icse', channels: 8, what: 'mask=0', bytes: 'FF' },
  { board: 'conrad', channels: 8, what: 'open', bytes: '01 01 00 00' },
  { board: 'conrad', channels: 8, what: 'on1', bytes: '06 01 01 06' },
  { board: 'conrad', channels: 8, what: 'off1', bytes: '07 01 01 07' },
  { board: 'conrad', channels: 8, what: 'all-on', bytes: '03 01 FF FD' },
  { board: 'conrad', channels: 8, what: 'all-off', bytes: '03 01 00 02' },
  { board: 'conrad', channels: 8, what: 'read', bytes: '02 01 00 03' },
  { board: 'denkovi16', channels: 16, what: 'on1', bytes: { ascii: '01+//' } },
  { board: 'denkovi16', channels: 16, what: 'off16', bytes: { ascii: '16-//' } },
  { board: 'denkovi16', channels: 16, what: 'all-on', bytes: { ascii: 'on//' } },
  { board: 'denkovi16', channels: 16, what: 'all-off', bytes: { ascii: 'off//' } },
  { board: 'denkovi16', channels: 16, what: 'read', bytes: { ascii: 'ask//' } },
  { board: 'sainsmart16', channels: 16, what: 'on1', bytes: { ascii: ':FE050000FF00FE\r\n' } },
  { board: 'sainsmart16', channels: 16, what: 'off1', bytes: { ascii: ':FE0500000000FD\r\n' } },
  { board: 'sainsmart16', channels: 16, what: 'all-on', bytes: { ascii: ':FE0F0000001002FFFFE3\r\n' } },
  { board: 'sainsmart16', channels: 16, what: 'all-off', bytes: { ascii: ':FE0F00000010020000E1\r\n' } },
  { board: 'modbus-rtu', channels: 8, what: 'on1', bytes: '01 05 00 00 FF 00 8C 3A' },
  { board: 'modbus-rtu', channels: 8, what: 'off1', bytes: '01 05 00 00 00 00 CD CA' },
  { board: 'modbus-rtu', channels: 8, what: 'on2', bytes: '01 05 00 01 FF 00 DD FA' },
  { board: 'modbus-rtu', channels: 8, what: 'all-on', bytes: '01 0F 00 00 00 08 01 FF BE D5' },
  { board: 'modbus-rtu', channels: 8, what: 'all-off', bytes: '01 0F 00 00 00 08 01 00 FE 95' },
  { board: 'modbus-rtu', channels: 8, what: 'read', bytes: '01 01 00 00 00 08 3D CC' },
  { board: 'modbus-rtu', channels: 8, what: 'pulse-on1=7', bytes: '01 05 02 00 00 07 8D B0' },
  { board: 'modbus-rtu', channels: 8, what: 'pulse-off1=8', bytes: '01 05 04 00 00 08 CD 3C' },
  { board: 'modbus-r421a', channels: 8, what: 'on1', bytes: '01 06 00 01 01 00 D9 9A' },
  { board: 'modbus-r421a', channels: 8, what: 'off1', bytes: '01 06 00 01 02 00 D9 6A' },
  { board: 'modbus-r421a', channels: 8, what: 'read1', bytes: '01 03 00 01 00 01 D5 CA' },
  { board: 'firmata', channels: 4, what: 'mode1', bytes: 'F4 02 01' },
  { board: 'firmata', channels: 4, what: 'on2', bytes: 'F5 03 01' },
  { board: 'firmata', channels: 4, what: 'off1', bytes: 'F5 02 00' },
  { board: 'firmata', channels: 4, what: 'read1', bytes: 'F0 6D 02 F7' },
  { board: 'scpi', channels: 1, what: 'on1', bytes: { ascii: 'OUTP ON\n' } },
  { board: 'scpi', channels: 1, what: 'off1', bytes: { ascii: 'OUTP OFF\n' } },
  { board: 'scpi', channels: 1, what: 'read', bytes: { ascii: 'OUTP?\n' } },
  { board: 'scpi', channels: 1, what: 'measure1', bytes: { ascii: 'MEAS:VOLT?\n' } },
  { board: 'scpi-siglent', channels: 3, what: 'on1', bytes: { ascii: 'OUTPUT CH1,ON\n' } },
];

it.each(published)('$board: the frame of $what is the published one', ({ board, channels, what, bytes }) => {
  const wanted = typeof bytes === 'string' ? fromHex(bytes) : Uint8Array.from(Buffer.from(bytes.ascii, 'latin1'));
  expect(toHex(frameFor(board, channels, what))).toBe(toHex(wanted));
});

function frameFor(board: string, channels: number, what: string): Uint8Array {
  const type = catalogue.get(board)!;
  const options = Object.fromEntries(Object.entries(type.options).map(([name, option]) => [name, option.default]));
  const [, verb, number, units] = /^([a-z-]+?)(\d*)(?:=(\d+))?$/.exec(what)!;
  const channel = Number(number || 1);
  const values = { ...boardValues(channels, options), channel, bit: 2 ** (channel - 1), units: Number(units ?? 0) };
  const render = (step: Pick<Step, 'send'> | undefined, mask = Number(units ?? 0)): Uint8Array =>
    renderFrame(step!.send, { ...values, mask });
  const read = type.read?.find(({ forChannels: f }) => f === undefined || (channels >= f.min && channels <= f.max));
  switch (verb) {
    case 'on':
    case 'off':
      return render((type.set as { on: Step; off: Step })[verb]);
    case 'all-on':
      return render(type.setAll!.on, allChannels(channels));
    case 'all-off':
      return render(type.setAll!.off, 0);
    case 'mask':
      return render((type.set as { mask: Step }).mask);
    case 'pulse-on':
      return render(type.pulse!.on);
    case 'pulse-off':
      return render(type.pulse!.off);
    case 'open':
      return render(type.open[0]);
    case 'mode':
      return render(type.openEachChannel[0]);
    case 'read':
      return render(read);
    case 'measure':
      return render(type.measure);
    case 'identify':
      return render(type.identify);
    default:
      throw new Error(`fixture "${what}"`);
  }
}
