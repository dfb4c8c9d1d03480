/** An initialized ICSE board takes a second `50` for a relay mask, so no later process may send it again. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

it('a second open sends masks only, and the rails keep their state', async () => {
  const board = startVirtualBoard('icse', 4);
  const first = await openOne(boardRef('icse', board.tty, 4), { runtimeDir });
  await first.switchRail('r2', 'off');
  // The next open of the tty discards bytes that are still in transit.
  await board.allReceived();
  await first.close();
  const second = await openOne(boardRef('icse', board.tty, 4), { runtimeDir });
  await second.switchRail('r3', 'off');
  await board.allReceived();
  expect(board.received.join('')).toBe('5051' + 'F2' + 'F6');
  expect([...board.contacts.values()]).toEqual([true, false, false, true]);
});

it('with the option `initialized` the bench sends no `50`, because other software has initialized the board', async () => {
  const board = startVirtualBoard('icse', 4, { started: true });
  const power = await openOne(boardRef('icse', board.tty, 4, { initialized: true }), { runtimeDir });
  await power.switchRail('r1', 'off');
  await board.allReceived();
  expect(board.received.join('')).toBe('F1');
});

it('if the board does not answer `50`, the next open sends it again: the board has not received it', async () => {
  const board = startVirtualBoard('icse', 4, { dead: true });
  const ref = boardRef('icse', board.tty, 4, { replyTimeoutMs: 30 });
  for (let i = 0; i < 2; i += 1) {
    await expect(openOne(ref, { runtimeDir })).rejects.toMatchObject({ code: 'BOARD_MUTE' });
    await board.allReceived();
  }
  expect(board.received).toEqual(['50', '50']);
});
