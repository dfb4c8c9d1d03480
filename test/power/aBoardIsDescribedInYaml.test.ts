/** A profile can describe a board in a few lines of YAML. The board then works without code of its own. */

import fs from 'node:fs';
import { parse } from 'yaml';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { BoardPeer } from '../../src/lab/peer.js';
import { openPty, type Pty } from '../../src/lab/pty.js';
import { findBoardType } from '../../src/power/catalogue/index.js';
import { boardRef, closeAll, openOne, rail, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
let pty: Pty | null = null;
afterEach(async () => {
  await closeAll();
  pty?.close();
  pty = null;
});
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

const profile = `
boardTypes:
  shed-controller:
    title: the controller in the shed
    baud: 19200
    channels: { min: 1, max: 4 }
    options: { unit: { default: 9, min: 1, max: 99 } }
    gapMs: 2
    sync: { send: '"?"', expect: '"!"' }
    refused: '"E" {code}'
    set:
      on:  { send: '"S" {unit:dec2} {channel:dec} "1" {xor8}', expect: '"K" {channel:dec}' }
      off: { send: '"S" {unit:dec2} {channel:dec} "0" {xor8}', expect: '"K" {channel:dec}' }
    read:
      send: '"R" {unit:dec2} {xor8}'
      expect: '"r" ( {state:''H''/''L''} ) {xor8}'
`;

/** The device side of `profile`: `?` → `!`; `S09` channel state xor → `K` channel; `R09` xor → `r` HLHL xor. */
function shedController(unit: string): BoardPeer {
  const states = [true, true, true, true];
  const xor = (text: string): number => Array.from(Buffer.from(text, 'latin1')).reduce((sum, byte) => sum ^ byte, 0);
  const answer = (frame: string): string => {
    if (frame === '?') return '!';
    const body = frame.slice(0, -1);
    if (xor(body) !== frame.charCodeAt(frame.length - 1) || body.slice(1, 3) !== unit) return '';
    if (body[0] === 'R') {
      const text = `r${states.map((on) => (on ? 'H' : 'L')).join('')}`;
      return text + String.fromCharCode(xor(text));
    }
    if (!'1234'.includes(body[3])) return 'E\x02';
    states[Number(body[3]) - 1] = body[4] === '1';
    return `K${body[3]}`;
  };
  return {
    receive: (chunk) => ({
      reply: [Buffer.from(answer(Buffer.from(chunk).toString('latin1')), 'latin1')],
      switched: [],
    }),
  };
}

function plugIn(peer: BoardPeer): string {
  const opened = openPty();
  pty = opened;
  opened.onData((chunk) => peer.receive(chunk, performance.now()).reply.forEach((bytes) => opened.send(bytes)));
  return opened.path;
}

it('a board described in the profile is switched, read back, and addressed by its option', async () => {
  const { boardTypes } = parse(profile) as { boardTypes: Record<string, unknown> };
  const tty = plugIn(shedController('42'));
  const rails = [rail('disk', [2, 3]), rail('fan', [4], { contact: 'NC' })];
  const power = await openOne(boardRef('shed-controller', tty, 4, { unit: 42 }), { runtimeDir }, rails, boardTypes);
  expect(await power.switchRail('disk', 'off')).toMatchObject({ state: 'off', evidence: 'read-back' });
  expect(await power.readRail('fan')).toMatchObject({ state: 'off' });
  expect(await power.switchRail('fan', 'on')).toMatchObject({ state: 'on' });
  expect(await power.readRail('disk')).toMatchObject({ state: 'off' });
});

const mistakes: [what: string, change: Record<string, unknown>, message: RegExp][] = [
  ['an unknown name in a template', { set: { on: 'A0 {chanel}', off: 'A0' } }, /chanel.*known.*channel/s],
  ['an odd number of hex digits', { set: { on: 'A0 1', off: 'A0' } }, /"A0 1": "1" has an odd number of hex digits/],
  ['a bracket that is not closed', { set: { on: '[ A0', off: 'A0' } }, /"]" is missing/],
  [
    'an unknown number format',
    { set: { on: '{channel:bcd}', off: 'A0' } },
    /number format "bcd" does not exist; known: byte, /,
  ],
  [
    'a number that does not fit into a byte',
    { channels: { min: 1, max: 64 }, set: { on: '{channel+200}', off: 'A0' } },
    /264 does not fit/,
  ],
  ['an unknown field', { retries: 3 }, /retries/],
  [
    'more channels than a byte of states holds',
    { channels: { min: 1, max: 9 }, read: { send: 'FF', expect: '{states}' } },
    /9 channels do not fit/,
  ],
  ['no frames for `set`', { set: undefined }, /set/],
];

it.each(mistakes)('a description with %s is refused, and the message names the mistake', (_what, change, message) => {
  const description = { channels: { min: 1, max: 4 }, set: { on: 'A0', off: 'A1' }, ...change };
  expect(() => findBoardType('mine', { mine: description })).toThrow(message);
  expect(() => findBoardType('mine', { mine: description })).toThrow(
    expect.objectContaining({ code: 'BAD_BOARD_TYPE' }),
  );
});
