/** A pattern matches a complete token of a text answer, never the beginning or the end of a longer token. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { catalogue } from '../../src/power/catalogue/index.js';
import { compileReply } from '../../src/power/language/reply.js';
import { ManualClock } from './manualClock.js';
import { manualWire } from './manualWire.js';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

const NUMBER = '{value} {eol}';

it.each<[template: string, answer: string, value: number | undefined]>([
  [NUMBER, '.005\n', 0.005],
  [NUMBER, '-.5\n', -0.5],
  [NUMBER, '5.\n', 5],
  [NUMBER, '12\r\n', 12],
  [NUMBER, '+1.20000E+01\n', 12],
  [NUMBER, '1.2e1\n', 12],
  ['"VOLT" {ws} {value} {ws} "V" {eol}', 'VOLT12.5V\n', 12.5],
  ['{text} {value} {eol}', 'VOLT 12.5\n', 12.5],
  ['{value} "," {value} {eol}', '5.0,12.1\n', 12.1],
  ['{value} {text} {eol}', '12.5 V\n', 12.5],
  ['{value} {text} {eol}', '12.5V\n', 12.5],
  // SCPI writes infinity and not-a-number as these values.
  [NUMBER, '9.91E+37\n', undefined],
  [NUMBER, '9.9E37\n', undefined],
  [NUMBER, '-9.9E+37\n', undefined],
  [NUMBER, '1E999\n', undefined],
])('%s finds in %j the number %s', (template, answer, value) => {
  expect(compileReply(template, {}).find(answer)).toEqual({
    states: new Map(),
    ...(value === undefined ? {} : { value }),
  });
});

it.each([
  [NUMBER, 'E.005\n'],
  [NUMBER, '..5\n'],
  [NUMBER, '1.2.3\n'],
  [NUMBER, '1,234\n'],
  [NUMBER, '5.0,12.1\n'],
  [NUMBER, '--5\n'],
  [NUMBER, 'V12\n'],
  [NUMBER, '0x1F\n'],
  [NUMBER, '12.5V\n'],
  [NUMBER, '1E\n'],
  [NUMBER, 'NAN\n'],
  ['{text} {value} {eol}', 'V12.5\n'],
  ['{value} {text} {eol}', '1.2.3 V\n'],
  ['{value} {text} {eol}', '1,234 V\n'],
  ['{value} {text} {eol}', '1e5.5\n'],
  ['"V=" {value}', 'V=1.2.3'],
  [`{state:'1'/'0'} {eol}`, '12.0\n'],
  [`{state:'1'/'0'} {eol}`, '11\n'],
  [`{state:'ON'/'OFF'} {eol}`, 'NEON\n'],
  [`"S" {state:'ON'/'OFF'}`, 'SONG'],
])('%s finds nothing in %j', (template, answer) => {
  expect(compileReply(template, {}).find(answer)).toBeNull();
});

it('an answer for channel 11 does not match channel 1', () => {
  const find = (template: string, text: string): unknown => compileReply(template, { channel: 1 }).find(text);
  expect(find('"K" {channel:dec}', 'K11')).toBeNull();
  expect(find('"K" {channel:dec} {text} {eol}', 'K11\n')).toBeNull();
  expect(find('{channel:dec} "+//"', '11+//')).toBeNull();
  expect(find('"K" {channel:dec}', 'K1')).not.toBeNull();
  expect(find('{channel:dec} "+//"', '\n1+//')).not.toBeNull();
});

it('a supply that measures .005 V after a cut is off', async () => {
  const power = await openSupply(['.005\n']);
  expect(await power.readRail('r1')).toMatchObject({ state: 'off', evidence: 'measured' });
});

it.each(['9.91E+37\n', '9.9E+37\n'])('a supply that cannot measure (%j) has the state unknown', async (answer) => {
  const power = await openSupply([answer]);
  expect(await power.readRail('r1')).toMatchObject({ state: 'unknown' });
});

it('a number at the end of an answer is complete only when the line is quiet', async () => {
  const { clock, wire, asked } = await ask('"V=" {value}');
  await clock.advanceTo(1);
  wire.arrive(Buffer.from('V=1'));
  await clock.advanceTo(5);
  wire.arrive(Buffer.from('2.5'));
  await clock.advanceTo(2000);
  expect(await asked).toMatchObject({ state: 'on' });
});

/** Reads a supply whose answer the test delivers byte by byte. At 10 V and above it is on, at 2 V and below off. */
async function ask(expectation: string) {
  const clock = new ManualClock();
  const wire = manualWire(clock);
  const own = {
    channels: { min: 1, max: 1 },
    set: { on: '"ON"', off: '"OFF"' },
    measure: { send: '"V?"', expect: expectation, onAtLeast: 10, offAtMost: 2 },
  };
  const deps = { runtimeDir, clock, openWire: () => Promise.resolve(wire) };
  const power = await openOne(boardRef('own', '/dev/null', 1, { attempts: 1 }), deps, undefined, { own });
  return { clock, wire, asked: power.readRail('r1').catch((error: unknown) => error) };
}

/** The supply of the catalogue behind a tty. It answers MEAS:VOLT? with `answers` in turn. */
async function openSupply(answers: readonly string[]) {
  const board = startVirtualBoard('scpi', 1, { mute: true });
  let answered = 0;
  const openWire: typeof board.openWire = async (settings) => {
    const wire = await board.openWire(settings);
    return {
      ...wire,
      write: async (bytes) => {
        const taken = await wire.write(bytes);
        if (Buffer.from(bytes).toString('latin1') === 'MEAS:VOLT?\n')
          board.send(Buffer.from(answers[answered++ % answers.length]));
        return taken;
      },
    };
  };
  expect(catalogue.get('scpi')!.measure!.send).toBe('"MEAS:VOLT?\\n"');
  return openOne(boardRef('scpi', board.tty, 1), { runtimeDir, openWire });
}
