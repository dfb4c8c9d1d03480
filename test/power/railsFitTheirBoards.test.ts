/** Mistakes of a profile are found before any tty is opened. */

import { expect, it } from 'vitest';
import { checkPowerSpec } from '../../src/power/boards/resolveBoard.js';
import { listBoards } from '../../src/power/catalogue/index.js';
import { relayOn } from '../../src/power/rails/rail.js';
import { boardRef, rail } from './virtualBoard.js';

const good = { boards: [boardRef('modbus-rtu', '/dev/none', 8)], boardTypes: {}, rails: [rail('a', [1])] };

it.each([
  ['a rail on no board', { rails: [rail('a', [1], { board: 'x' })] }, /no board is called "x"; known: board/],
  ['a channel that the board has not', { rails: [rail('a', [9])] }, /channel 9: board "board" has 1 to 8/],
  ['a channel of two rails', { rails: [rail('a', [1]), rail('b', [2, 1])] }, /channel 1 .* is rail "a" already/],
  ['two rails of one name', { rails: [rail('a', [1]), rail('a', [2])] }, /two rails are called "a"/],
  ['a rail of nothing', { rails: [rail('a', [])] }, /no channel/],
  ['two boards of one name', { boards: [good.boards[0], good.boards[0]] }, /two boards are called "board"/],
  [
    'more channels than such boards have',
    { boards: [boardRef('lcus', '/dev/none', 16)] },
    /16 channels; a lcus has 1 to 8/,
  ],
  [
    'an option that the type lacks',
    { boards: [boardRef('lcus', '/dev/none', 8, { adress: 1 })] },
    /"adress"; known: .*gapMs/,
  ],
  [
    'an option out of range',
    { boards: [boardRef('modbus-rtu', '/dev/none', 8, { address: 0 })] },
    /address is 0; 1 to 247/,
  ],
  ['a board of no type', { boards: [boardRef('lcsu', '/dev/none', 8)] }, /"lcsu"; known: lcus, .*boardTypes/],
])('%s', (_what, change, message) => {
  expect(() => checkPowerSpec({ ...good, ...change })).toThrow(message);
});

it('a sound profile passes', () => checkPowerSpec(good));

it.each([
  { contact: 'NO', invert: false, on: true },
  { contact: 'NO', invert: true, on: false },
  { contact: 'NC', invert: false, on: false },
  { contact: 'NC', invert: true, on: true },
] as const)('power on through $contact, invert $invert: relay on = $on', ({ contact, invert, on }) => {
  expect(relayOn(rail('a', [1], { contact, invert }), 'on')).toBe(on);
  expect(relayOn(rail('a', [1], { contact, invert }), 'off')).toBe(!on);
});

it('every board says what its read-back is worth', () => {
  const kinds = Object.fromEntries(listBoards().map((board) => [board.type, board.readBack]));
  expect(kinds).toMatchObject({
    lcus: 'state',
    sainsmart16: 'echo',
    icse: 'none',
    firmata: 'echo',
    scpi: 'measured',
    dtr: 'none',
    exec: 'depends',
  });
});
