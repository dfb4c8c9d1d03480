/**
 * Promise: a campaign passes over every board of the catalogue, over a board of the profile and over commands of the
 * user.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listBoards } from '../../src/power/catalogue/index.js';
import { ALL_POWERED, boardRigText, canRunLab, CYCLES, runBoardRig, why, type BoardWishes } from './boardRig.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
const BOARDS: Record<string, Omit<BoardWishes, 'name' | 'type'>> = {
  lcus: { channels: 4 },
  numato: { channels: 8 },
  kmtronic: { channels: 4 },
  devantech: { channels: 8 },
  icse: { channels: 4 },
  conrad: { channels: 8 },
  denkovi16: { channels: 16 },
  sainsmart16: { channels: 16 },
  'modbus-rtu': { channels: 8 },
  'modbus-r421a': { channels: 8 },
  firmata: { channels: 3 },
  scpi: { channels: 1, boardPerRail: true, boardOptions: '{ onAtLeastV: 11 }', peerOptions: '{ rampMs: 20 }' },
  'scpi-siglent': { channels: 3, boardOptions: '{ onAtLeastV: 11 }' },
};
/** These boards exchange no frames. The last test covers `exec`; test/power covers `dtr` and `rts`. */
const WITHOUT_FRAMES = ['exec', 'dtr', 'rts'];

const OWN_BOARD = `boardTypes:
  own:
    channels: { min: 1, max: 8 }
    replyTimeoutMs: 1000
    set:
      on: { send: '01 05 {channel-1:u16} FF00 {crc16}', expect: echo }
      off: { send: '01 05 {channel-1:u16} 0000 {crc16}', expect: echo }
    read: { send: '01 01 0000 {channels:u16} {crc16}', expect: '01 01 {coilBytes} {states:coils} {crc16}' }
    gapMs: 5
`;

const WIRINGS: [string, Omit<BoardWishes, 'name'>][] = [
  ['lcus at its normally closed contacts', { type: 'lcus', channels: 4, rail: ', contact: NC' }],
  ['icse at its normally closed contacts', { type: 'icse', channels: 4, rail: ', contact: NC' }],
  ['modbus-rtu behind an inverting stage', { type: 'modbus-rtu', channels: 8, rail: ', invert: true' }],
  [
    'a board that only the profile describes',
    { type: 'own', channels: 8, boardTypes: OWN_BOARD, peerProtocol: 'modbus-rtu' },
  ],
];

afterAll(() => state.clean());

describe.skipIf(!canRunLab).concurrent('a campaign', () => {
  it('has a case for every board of the catalogue', () => {
    const known = listBoards()
      .map((b) => b.type)
      .filter((type) => !WITHOUT_FRAMES.includes(type));
    expect(Object.keys(BOARDS).sort()).toEqual(known.sort());
  });

  const cases: [string, Omit<BoardWishes, 'name'>][] = [
    ...Object.entries(BOARDS).map(([type, more]): [string, Omit<BoardWishes, 'name'>] => [type, { type, ...more }]),
    ...WIRINGS,
  ];
  it.each(cases)('passes over %s', async (what, wishes) => {
    const name = `board-${cases.findIndex(([w]) => w === what)}`;
    const ended = await runBoardRig(boardRigText({ name, ...wishes }));
    expect(ended.verdicts, why(ended)).toEqual(Array(CYCLES).fill('PASS'));
    expect(ended.result).toMatchObject({ problem: null, troubles: [] });
    expect(ended.powered).toEqual(ALL_POWERED);
  });

  it('passes over commands of the user', async () => {
    const script = join(state.dir, 'switch.sh');
    // The user's program sends the four-byte frame of an LCUS board.
    writeFileSync(script, `printf "$(printf '\\\\%03o' 160 "$2" "$3" $((160 + $2 + $3)))" > "$1"\n`);
    const command = (on: 0 | 1): string =>
      JSON.stringify(['sh', script, join(state.dir, 'lab-board-exec', 'tty-relay0'), '{channel}', String(on)]);
    const text = boardRigText({
      name: 'board-exec',
      type: 'exec',
      channels: 4,
      peerProtocol: 'lcus',
      boardOptions: `{ on: ${command(1)}, off: ${command(0)} }`,
    })
      .replace(', tty: "lab:relay0"', '')
      .replace('protocol: lcus', 'protocol: lcus, channels: 4');
    const ended = await runBoardRig(text);
    expect(ended.verdicts, why(ended)).toEqual(Array(CYCLES).fill('PASS'));
    expect(ended.powered).toEqual(ALL_POWERED);
  });
});
