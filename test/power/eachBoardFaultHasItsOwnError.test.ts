/** Each fault of a board ends in an error code of its own; the error contains the bytes. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { PowerError } from '../../src/power/errors.js';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

/** For boards that never answer. */
const QUICK = { replyTimeoutMs: 60, attempts: 2 };
/** For boards that answer: long enough on a busy machine. */
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

it('a board that does not answer is BOARD_MUTE, with the bytes sent', async () => {
  const error = await failureOfCut('modbus-rtu', 8, { mute: true });
  expect(error.code).toBe('RIG_BROKEN');
  expect(error.cause).toMatchObject({
    code: 'BOARD_MUTE',
    context: { board: 'board', sentHex: '01 05 00 00 00 00 CD CA', receivedHex: '', timeoutMs: 60 },
  });
});

it('an answer with a wrong checksum is BOARD_GARBAGE, with the bytes received', async () => {
  const error = await failureOfCut('modbus-rtu', 1, { wrongReply: 'garbled' }, PATIENT);
  expect(error.cause).toMatchObject({
    code: 'BOARD_GARBAGE',
    context: { sentHex: '01 05 00 00 00 00 CD CA', receivedHex: '01 05 00 00 00 00 CD 6F' },
  });
});

it('a Modbus exception is BOARD_REFUSED, and the frame is not sent again', async () => {
  const board = startVirtualBoard('modbus-rtu', 4);
  // The profile says eight channels; the board has four.
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8, PATIENT), { runtimeDir });
  const error = await power.switchRail('r5', 'off').catch((e: unknown) => e as PowerError);
  expect((error as PowerError).cause).toMatchObject({
    code: 'BOARD_REFUSED',
    context: { sentHex: '01 05 00 04 00 00 8C 0B', receivedHex: expect.stringMatching(/^01 85 02/) as string },
  });
  expect(board.received.filter((frame) => frame === '010500040000' + '8C0B')).toHaveLength(1);
});

it('a read-back of the opposite state is BOARD_CONTRADICTS', async () => {
  const error = await failureOfCut('conrad', 8, { wrongReply: 'opposite' }, PATIENT);
  expect(error.cause).toMatchObject({ code: 'BOARD_CONTRADICTS', context: { channel: 1, expected: 'off' } });
});

it('a supply that measures its output detects a welded contact: BOARD_CONTRADICTS', async () => {
  const board = startVirtualBoard('scpi', 1, { welded: [1] });
  const described = { boardTypes: { quick: { ...quickSupply } } };
  const power = await openOne(boardRef('quick', board.tty, 1), { runtimeDir }, undefined, described.boardTypes);
  await expect(power.switchRail('r1', 'off')).rejects.toMatchObject({ cause: { code: 'BOARD_CONTRADICTS' } });
});

it('a board that reads its own register does not detect a welded contact', async () => {
  const board = startVirtualBoard('modbus-rtu', 8, { welded: [1] });
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  expect(await power.switchRail('r1', 'off')).toMatchObject({ state: 'off', evidence: 'read-back' });
  expect(board.contacts.get(1)).toBe(true);
});

it('an LCUS that does not answer has no read-back; it is no fault', async () => {
  const board = startVirtualBoard('lcus', 1, { answer: 'none' });
  const power = await openOne(boardRef('lcus', board.tty, 1, { replyTimeoutMs: 50 }), { runtimeDir });
  expect(await power.switchRail('r1', 'off')).toMatchObject({ state: 'unknown', evidence: 'none' });
  await board.allReceived();
  expect(board.contacts.get(1)).toBe(false);
});

it('if a board must answer on opening and does not, openPower rejects and releases the tty', async () => {
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
