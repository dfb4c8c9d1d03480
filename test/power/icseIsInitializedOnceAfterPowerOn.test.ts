/** A second `50` would be a mask: not even another process, later, may send it. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

it('opened again it gets masks only, and rails keep the state they were left in', async () => {
  const board = startVirtualBoard('icse', 4);
  const first = await openOne(boardRef('icse', board.tty, 4), { runtimeDir });
  await first.switchRail('r2', 'off');
  // The next open of the tty discards bytes that are still in transit.
  await board.settled();
  await first.close();
  const second = await openOne(boardRef('icse', board.tty, 4), { runtimeDir });
  await second.switchRail('r3', 'off');
  await board.settled();
  expect(board.received.join('')).toBe('5051' + 'F2' + 'F6');
  expect([...board.contacts.values()]).toEqual([true, false, false, true]);
});

it('the option initialized is for a board that other software has initialized', async () => {
  const board = startVirtualBoard('icse', 4, { started: true });
  const power = await openOne(boardRef('icse', board.tty, 4, { initialized: true }), { runtimeDir });
  await power.switchRail('r1', 'off');
  await board.settled();
  expect(board.received.join('')).toBe('F1');
});

it('a board that does not answer `50` may be asked again later: it did not hear it', async () => {
  const board = startVirtualBoard('icse', 4, { dead: true });
  const ref = boardRef('icse', board.tty, 4, { replyTimeoutMs: 30 });
  for (let i = 0; i < 2; i += 1) {
    await expect(openOne(ref, { runtimeDir })).rejects.toMatchObject({ code: 'BOARD_MUTE' });
    await board.settled();
  }
  expect(board.received).toEqual(['50', '50']);
});
