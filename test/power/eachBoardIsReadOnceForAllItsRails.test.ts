/** Reading the rails of a rig sends the frames that one board needs, not that many for each rail. */
import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { PowerError } from '../../src/power/errors.js';
import { readEach } from '../../src/power/rails/readEach.js';
import type { RailReading } from '../../src/power/rails/rail.js';
import { boardRef, closeAll, openOne, rail, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

const P_S_J = [rail('P', [1]), rail('S', [2]), rail('J', [3, 4])];

it('asks an LCUS twice for three rails, and a Modbus board once', async () => {
  for (const [protocol, frames] of [
    ['lcus', 2],
    ['modbus-rtu', 1],
  ] as const) {
    const board = startVirtualBoard(protocol, 8);
    const power = await openOne(boardRef(protocol, board.tty, 8), { runtimeDir }, P_S_J);
    await power.switchRail('S', 'off');
    await board.allReceived();
    const before = board.received.length;
    expect(await power.readRails(['J', 'P', 'S']), protocol).toEqual([
      { rail: 'J', state: 'on', evidence: 'read-back' },
      { rail: 'P', state: 'on', evidence: 'read-back' },
      { rail: 'S', state: 'off', evidence: 'read-back' },
    ]);
    await board.allReceived();
    expect(board.received.length - before, protocol).toBe(frames);
  }
});

const RAILS = [
  { name: 'P', board: 'a' },
  { name: 'S', board: 'a' },
  { name: 'J', board: 'b' },
];

/** A controller whose boards fail as `fails` says; `asked` lists the questions. */
function failing(fails: (names: readonly string[]) => PowerError | null) {
  const asked: string[] = [];
  const readRails = async (names: readonly string[]): Promise<RailReading[]> => {
    asked.push(names.join('+'));
    const error = fails(names);
    if (error !== null) throw error;
    return names.map((rail) => ({ rail, state: 'on', evidence: 'read-back' }));
  };
  return { asked, readRails };
}

it('asks rail by rail where a board refuses one of them, and gives the others', async () => {
  const controller = failing((names) => (names.includes('S') ? new PowerError('BOARD_REFUSED', 'no channel 2') : null));
  expect(Object.fromEntries(await readEach(controller, RAILS))).toEqual({ P: 'on', S: 'unknown', J: 'on' });
  expect(controller.asked.sort()).toEqual(['J', 'P', 'P+S', 'S']);
});

it('does not ask a mute board again, nor one whose tty has gone', async () => {
  for (const code of ['BOARD_MUTE', 'TTY_FAILED'] as const) {
    const controller = failing((names) => (names.includes('P') ? new PowerError(code, 'no answer') : null));
    expect(Object.fromEntries(await readEach(controller, RAILS))).toEqual({ P: 'unknown', S: 'unknown', J: 'on' });
    expect(controller.asked.sort()).toEqual(['J', 'P+S']);
  }
});
