import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { boardRef, closeAll, openOne, rail, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

it('modbus-rtu on the normally open contact: one frame cuts and restores the rail, and the cut is read back', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  const pulse = await power.pulseRail('r1', 800);
  expect(pulse).toMatchObject({ timedBy: 'board', offMs: 800, evidence: 'read-back', state: 'on' });
  expect((pulse.doneNs - pulse.commandNs) / 1e6).toBeGreaterThanOrEqual(800);
  expect(board.received[0]).toBe('010504000008CD3C');
  expect(board.switched).toEqual([
    { channel: 1, on: false },
    { channel: 1, on: true, afterMs: 800 },
  ]);
});

it('modbus-rtu on the normally closed contact: the board pulses the relay on', async () => {
  const board = startVirtualBoard('modbus-rtu', 8, {}, false);
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir }, [
    rail('a', [1], { contact: 'NC' }),
  ]);
  expect(await power.pulseRail('a', 700)).toMatchObject({ timedBy: 'board', offMs: 700, state: 'on' });
  expect(board.received[0]).toBe('0105020000078DB0');
});

it('a pulse without an echo is not sent again, because it would be a second cut', async () => {
  const board = startVirtualBoard('modbus-rtu', 8, { mute: true });
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8, { replyTimeoutMs: 30 }), { runtimeDir });
  await expect(power.pulseRail('r1', 200)).rejects.toMatchObject({ code: 'RIG_BROKEN' });
  await board.allReceived();
  expect(board.received.filter((frame) => frame.startsWith('010504'))).toHaveLength(1);
});

it.each([
  { what: 'a pulse of a board without a timer', type: 'numato', rails: [rail('a', [1])] },
  {
    what: 'a pulse of a rail with two channels, whose timers would end apart,',
    type: 'modbus-rtu',
    rails: [rail('a', [1, 2])],
  },
])('$what is timed by the host', async ({ type, rails }) => {
  const board = startVirtualBoard(type, 8);
  const power = await openOne(boardRef(type, board.tty, 8), { runtimeDir }, rails);
  const pulse = await power.pulseRail('a', 120);
  expect(pulse).toMatchObject({ timedBy: 'host', evidence: 'read-back', state: 'on' });
  expect(pulse.offMs).toBeGreaterThanOrEqual(120);
  expect(board.switched.map((move) => move.on)).toEqual(
    rails[0].channels.map(() => false).concat(rails[0].channels.map(() => true)),
  );
});
