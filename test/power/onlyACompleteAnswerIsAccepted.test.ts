/** The patterns of the catalogue find published answers of boards, also after noise, and reject damaged ones. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { boardValues } from '../../src/power/boardTypeCheck.js';
import { catalogue } from '../../src/power/catalogue/index.js';
import { fromHex } from './fromHex.js';
import { type Captures, compileReply } from '../../src/power/language/reply.js';
import { ManualClock } from './manualClock.js';
import { manualWire } from './manualWire.js';
import { boardRef, closeAll, openOne, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

const latin1 = (hex: string): string => Buffer.from(fromHex(hex)).toString('latin1');

/**
 * What the read pattern for this number of channels captures from `text`. A read of a single channel reads channel 1.
 */
function readAs(board: string, channels: number, text: string): Captures | null {
  const type = catalogue.get(board)!;
  const options = Object.fromEntries(Object.entries(type.options).map(([name, option]) => [name, option.default]));
  const read = type.read!.find(({ forChannels: f }) => f === undefined || (channels >= f.min && channels <= f.max))!;
  for (const template of read.expect) {
    const found = compileReply(template, { ...boardValues(channels, options), channel: 1 }).find(text);
    if (found !== null) return found;
  }
  return null;
}

const onOf = (captures: Captures | null): number[] | null =>
  captures && [...captures.states].filter(([, on]) => on).map(([channel]) => channel);

it.each([
  ['modbus-rtu', 8, latin1('01 01 01 41 91 B8'), [1, 7]],
  ['lcus', 2, 'CH1: ON \r\nCH2: OFF\r\n', [1]],
  ['lcus', 2, 'CH1:OFF\r\nCH2:ON\r\n', [2]],
  ['lcus', 2, latin1('01 00'), [1]],
  ['numato', 8, 'relay read 0\n\ron\n\r>', [1]],
  ['kmtronic', 2, latin1('FF 01 01'), [1]],
  ['kmtronic', 8, latin1('00 01 00 00 00 00 00 01'), [2, 8]],
  ['devantech', 8, latin1('81'), [1, 8]],
  ['conrad', 8, latin1('FD 01 05 F9'), [1, 3]],
  ['denkovi16', 16, latin1('80 01'), [1, 16]],
  ['modbus-r421a', 8, latin1('01 03 02 00 01 79 84'), [1]],
  ['firmata', 4, latin1('F0 6E 02 01 01 F7'), [1]],
  ['scpi', 1, '1\n', [1]],
  ['scpi', 1, 'OFF\r\n', []],
])('%s with %i channels: the pattern finds its states in %j', (board, channels, text, on) => {
  expect(onOf(readAs(board, channels, text))).toEqual(on);
});

it.each([
  ['a wrong checksum', 'modbus-rtu', latin1('01 01 01 41 91 B9')],
  ['another unit', 'modbus-rtu', latin1('02 01 01 41 D5 B8')],
  ['a missing byte', 'modbus-rtu', latin1('01 01 01 41 91')],
  ['a wrong xor', 'conrad', latin1('FD 01 05 F8')],
  ['a byte that is not a state', 'kmtronic', latin1('00 01 00 00 00 00 00 02')],
  ['an excess byte where the answer has no header', 'kmtronic', latin1('00 01 00 00 00 00 00 01 01')],
  ['a missing line', 'lcus', 'CH1: ON \r\nCH2: OFF\r\n'],
])('an answer with %s is rejected', (_what, board, text) => {
  expect(readAs(board, 8, text)).toBeNull();
});

it('a valid frame inside an invalid one is found', () => {
  // 01 01 01 begins a frame whose checksum is wrong; the valid frame starts at its third byte.
  expect(onOf(readAs('modbus-rtu', 8, latin1('01 01 01 01 01 41 91 B8')))).toEqual([1, 7]);
});

it('an answer of one bare byte with noise before it is BOARD_GARBAGE, not a wrong state', async () => {
  // The noise byte arrives at once, the answer 8 ms later.
  const clock = new ManualClock();
  const wire = manualWire(clock);
  const deps = { runtimeDir, clock, openWire: () => Promise.resolve(wire) };
  const power = await openOne(boardRef('devantech', '/dev/null', 8, { attempts: 1 }), deps);
  const reading = power.readRail('r1').catch((error: unknown) => error);
  await clock.advanceTo(1);
  wire.arrive(Uint8Array.of(0x00));
  await clock.advanceTo(9);
  wire.arrive(Uint8Array.of(0xff));
  await clock.advanceTo(5000);
  expect(await reading).toMatchObject({ code: 'BOARD_GARBAGE', context: { sentHex: '5B', receivedHex: '00 FF' } });
});
