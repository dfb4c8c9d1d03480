/** Boards that do not do what their type says: each way ends in its own error, with the bytes in it. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { PowerError } from '../../src/power/errors.js';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

/** For boards that say nothing at all … */
const QUICK = { replyTimeoutMs: 60, attempts: 2 };
/** … and for those whose answer is to be seen, on a busy machine too. */
const PATIENT = { replyTimeoutMs: 600, attempts: 2 };

async function failureOfCut(
  type: string,
  channels: number,
  peerOptions: object,
  options: object = QUICK,
): Promise<PowerError> {
  const board = startVirtualBoard(type, channels, { ...peerOptions });
  const power = await openOne(boardRef(type, board.tty, channels, { ...options }), { runtimeDir });
  return power.switchRail('r1', 'off').then(
    () => expect.fail('the cut was accepted'),
    (error: unknown) => error as PowerError,
  );
}

it('a mute board: BOARD_MUTE, with what was sent', async () => {
  const error = await failureOfCut('modbus-rtu', 8, { mute: true });
  expect(error.code).toBe('RIG_BROKEN');
  expect(error.cause).toMatchObject({
    code: 'BOARD_MUTE',
    context: { board: 'board', sentHex: '01 05 00 00 00 00 CD CA', receivedHex: '', timeoutMs: 60 },
  });
});

it('an answer with a wrong checksum: BOARD_GARBAGE, with what came back', async () => {
  const error = await failureOfCut('modbus-rtu', 1, { wrongReply: 'garbled' }, PATIENT);
  expect(error.cause).toMatchObject({
    code: 'BOARD_GARBAGE',
    context: { sentHex: '01 05 00 00 00 00 CD CA', receivedHex: '01 05 00 00 00 00 CD 6F' },
  });
});

it('an exception of Modbus: BOARD_REFUSED, and not tried again', async () => {
  const board = startVirtualBoard('modbus-rtu', 4);
  // The profile says eight channels, the board has four.
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8, PATIENT), { runtimeDir });
  const error = await power.switchRail('r5', 'off').catch((e: unknown) => e as PowerError);
  expect((error as PowerError).cause).toMatchObject({
    code: 'BOARD_REFUSED',
    context: { sentHex: '01 05 00 04 00 00 8C 0B', receivedHex: expect.stringMatching(/^01 85 02/) as string },
  });
  expect(board.received.filter((frame) => frame === '010500040000' + '8C0B')).toHaveLength(1);
});

it('a state read back the wrong way round: BOARD_CONTRADICTS', async () => {
  const error = await failureOfCut('conrad', 8, { wrongReply: 'opposite' }, PATIENT);
  expect(error.cause).toMatchObject({ code: 'BOARD_CONTRADICTS', context: { channel: 1, expected: 'off' } });
});

it('a welded contact is seen by a measurement …', async () => {
  const board = startVirtualBoard('scpi', 1, { welded: [1] });
  const described = { boardTypes: { quick: { ...quickSupply } } };
  const power = await openOne(boardRef('quick', board.tty, 1), { runtimeDir }, undefined, described.boardTypes);
  await expect(power.switchRail('r1', 'off')).rejects.toMatchObject({ cause: { code: 'BOARD_CONTRADICTS' } });
});

it('… and not by a board that reads its own register: read-back is not device-side evidence', async () => {
  const board = startVirtualBoard('modbus-rtu', 8, { welded: [1] });
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  expect(await power.switchRail('r1', 'off')).toMatchObject({ state: 'off', evidence: 'read-back' });
  expect(board.contacts.get(1)).toBe(true);
});

it('a mute LCUS is a board without read-back, not a broken one', async () => {
  const board = startVirtualBoard('lcus', 1, { answer: 'none' });
  const power = await openOne(boardRef('lcus', board.tty, 1, { replyTimeoutMs: 50 }), { runtimeDir });
  expect(await power.switchRail('r1', 'off')).toMatchObject({ state: 'unknown', evidence: 'none' });
  await board.settled();
  expect(board.contacts.get(1)).toBe(false);
});

it('a dead board that must say something on opening: openPower rejects and lets the tty go', async () => {
  const board = startVirtualBoard('conrad', 8, { dead: true });
  const ref = boardRef('conrad', board.tty, 8, QUICK);
  await expect(openOne(ref, { runtimeDir })).rejects.toMatchObject({ code: 'BOARD_MUTE' });
  await expect(openOne(ref, { runtimeDir })).rejects.toMatchObject({ code: 'BOARD_MUTE' });
});

const quickSupply = {
  channels: { min: 1, max: 1 },
  set: { on: '"OUTP ON\\n"', off: '"OUTP OFF\\n"' },
  measure: { send: '"MEAS:VOLT?\\n"', expect: '{value} {eol}', onAtLeast: 10, offAtMost: 0.5, withinMs: 100 },
};
