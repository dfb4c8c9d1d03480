/** `checkPowerSpec` reports mistakes of a profile before the bench opens a tty. */

import { expect, it } from 'vitest';
import { checkPowerSpec } from '../../src/power/boards/resolveBoard.js';
import { listBoards } from '../../src/power/catalogue/index.js';
import { relayOn } from '../../src/power/rails/rail.js';
import { boardRef, rail } from './virtualBoard.js';

const good = { boards: [boardRef('modbus-rtu', '/dev/none', 8)], boardTypes: {}, rails: [rail('a', [1])] };

it.each([
  [
    'a rail on an unknown board',
    { rails: [rail('a', [1], { board: 'x' })] },
    /rail "a": board "x" does not exist \(known: board\); edit rails\.a\.board/,
  ],
  [
    'a channel that the board does not have',
    { rails: [rail('a', [9])] },
    /rail "a": channel 9 does not exist on board "board" \([\w-]+ with 8\); edit rails\.a\.channels/,
  ],
  [
    'a channel in two rails',
    { rails: [rail('a', [1]), rail('b', [2, 1])] },
    /channel 1 .* already belongs to rail "a"/,
  ],
  ['two rails with the same name', { rails: [rail('a', [1]), rail('a', [2])] }, /rail "a" is defined twice/],
  ['a rail without channels', { rails: [rail('a', [])] }, /no channel/],
  ['two boards with the same name', { boards: [good.boards[0], good.boards[0]] }, /board "board" is defined twice/],
  [
    'more channels than the board type has',
    { boards: [boardRef('lcus', '/dev/none', 16)] },
    /channels is 16; a board of type lcus has 1 to 8/,
  ],
  [
    'an option that the board type does not have',
    { boards: [boardRef('lcus', '/dev/none', 8, { adress: 1 })] },
    /option "adress" does not exist; known: .*gapMs/,
  ],
  [
    'an option out of range',
    { boards: [boardRef('modbus-rtu', '/dev/none', 8, { address: 0 })] },
    /address is 0; it must be a number from 1 to 247/,
  ],
  [
    'an unknown board type',
    { boards: [boardRef('lcsu', '/dev/none', 8)] },
    /"lcsu" does not exist \(known: lcus, .*boardTypes/,
  ],
])('%s is refused', (_what, change, message) => {
  expect(() => checkPowerSpec({ ...good, ...change })).toThrow(message);
});

it('a valid profile passes', () => checkPowerSpec(good));

it.each([
  { contact: 'NO', invert: false, on: true },
  { contact: 'NO', invert: true, on: false },
  { contact: 'NC', invert: false, on: false },
  { contact: 'NC', invert: true, on: true },
] as const)(
  'with contact $contact and invert $invert, power is on while the relay is on: $on',
  ({ contact, invert, on }) => {
    expect(relayOn(rail('a', [1], { contact, invert }), 'on')).toBe(on);
    expect(relayOn(rail('a', [1], { contact, invert }), 'off')).toBe(!on);
  },
);

it('every board type declares the kind of its read-back', () => {
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
