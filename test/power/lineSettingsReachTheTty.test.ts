/**
 * The tty gets parity, data bits, stop bits and flow control from the profile or the board description. A pty has no
 * physical line: the kernel keeps its parity off and its bytes eight bits wide, whatever the program sets. So the test
 * also checks the settings that serialport gets.
 */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { SerialPort } from 'serialport';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { checkPowerSpec } from '../../src/power/boards/resolveBoard.js';
import { openPower } from '../../src/power/openPower.js';
import { parseRig } from '../../src/rig/load.js';
import { MINIMAL, problemsOf } from '../rig/minimal.js';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

/** Settings of each port that was opened since the test began. */
let ports: { mock: { contexts: unknown[] } };
const opened = (): unknown[] => ports.mock.contexts.map((port) => (port as SerialPort).settings);

const runtimeDir = temporaryDir();
beforeEach(() => {
  ports = vi.spyOn(SerialPort.prototype, 'open');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await closeAll();
});
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

const words = (tty: string): string[] => execFileSync('stty', ['-F', tty, '-a'], { encoding: 'utf8' }).split(/[\s;]+/);

const EIGHT_N_ONE = { parity: 'none', dataBits: 8, stopBits: 1, rtscts: false, xon: false, xoff: false };
const PLAIN = ['-parodd', '-cstopb', '-crtscts', '-ixon', '-ixoff'];

/** Options of the profile, the settings that serialport gets, and the words of `stty` for those that a pty keeps. */
const cases: [options: Record<string, unknown>, settings: Record<string, unknown>, shown: string[]][] = [
  [{}, EIGHT_N_ONE, PLAIN],
  [{ parity: 'even' }, { ...EIGHT_N_ONE, parity: 'even' }, PLAIN],
  [{ parity: 'odd' }, { ...EIGHT_N_ONE, parity: 'odd' }, ['parodd']],
  [{ stopBits: 2 }, { ...EIGHT_N_ONE, stopBits: 2 }, ['cstopb', '-parodd']],
  [{ flowControl: 'rts-cts' }, { ...EIGHT_N_ONE, rtscts: true }, ['crtscts', '-ixon']],
  [{ flowControl: 'xon-xoff' }, { ...EIGHT_N_ONE, xon: true, xoff: true }, ['ixon', 'ixoff', '-crtscts']],
  [
    { baud: 19_200, parity: 'even', dataBits: 7, stopBits: 2 },
    { ...EIGHT_N_ONE, baudRate: 19_200, parity: 'even', dataBits: 7, stopBits: 2 },
    ['19200', 'cstopb'],
  ],
];

it.each(cases)('the options %j of a profile reach serialport and the tty', async (options, settings, shown) => {
  const board = startVirtualBoard('numato', 4);
  const text = MINIMAL.replace(
    '{ type: lcus, tty: "lab:relay0", channels: 4 }',
    JSON.stringify({ type: 'numato', tty: board.tty, channels: 4, options }),
  ).replace('relay0: {}', 'relay0: { protocol: numato, channels: 4 }');
  const power = await openPower(parseRig(text, 'line.yaml'), { runtimeDir });
  try {
    expect(opened()).toEqual([expect.objectContaining(settings)]);
    expect(words(board.tty)).toEqual(expect.arrayContaining(shown));
    expect(await power.switchRail('P', 'off')).toMatchObject({ state: 'off' });
  } finally {
    await power.close();
  }
});

it('a board description sets the line of all its boards; options of the profile override it for one', async () => {
  const own = { parity: 'odd', stopBits: 2, channels: { min: 1, max: 1 }, set: { on: '"1"', off: '"0"' } };
  const board = startVirtualBoard('numato', 1);
  await openOne(boardRef('own', board.tty, 1), { runtimeDir }, undefined, { own });
  expect(opened().at(-1)).toMatchObject({ parity: 'odd', stopBits: 2, dataBits: 8 });
  await closeAll();
  const other = startVirtualBoard('numato', 1);
  await openOne(boardRef('own', other.tty, 1, { parity: 'none' }), { runtimeDir }, undefined, { own });
  expect(opened().at(-1)).toMatchObject({ parity: 'none', stopBits: 2 });
});

it('the message about a board that does not answer contains the line settings', async () => {
  const board = startVirtualBoard('modbus-rtu', 4, { mute: true });
  const options = { parity: 'even', stopBits: 1, replyTimeoutMs: 30, attempts: 1 };
  const power = await openOne(boardRef('modbus-rtu', board.tty, 4, options), { runtimeDir });
  await expect(power.readRail('r1')).rejects.toThrow('line settings (9600 8E1)');
});

it.each<[what: string, options: Record<string, unknown>, rule: RegExp]>([
  ['an unknown parity', { parity: 'mark' }, /"none"\|"even"\|"odd"/],
  ['three stop bits', { stopBits: 3 }, /1\|2|expected.*1.*2/],
  ['nine data bits', { dataBits: 9 }, /<=8/],
  [
    'a frame byte that does not fit into seven data bits',
    { dataBits: 7 },
    /options\.dataBits is 7, but in set\.on\.send byte A0 does not fit into 7 data bits/,
  ],
  ['an unknown flow control', { flowControl: 'dtr-dsr' }, /rts-cts/],
])('%s is refused with its line and field', (_what, options, rule) => {
  const problems = problemsOf(MINIMAL.replace('channels: 4 }', `channels: 4, options: ${JSON.stringify(options)} }`));
  expect(problems.join('\n')).toMatch(/^bench\.yaml:7:\d+: boards\.relay0\.options: /);
  expect(problems.join('\n')).toMatch(rule);
});

it('RTS/CTS flow control is refused on a board whose relay is the RTS line', () => {
  const spec = { boards: [boardRef('rts', '/dev/none', 1, { flowControl: 'rts-cts' })], boardTypes: {}, rails: [] };
  expect(() => checkPowerSpec(spec)).toThrow(
    /options\.flowControl is "rts-cts", which gives the control lines to the driver/,
  );
});
