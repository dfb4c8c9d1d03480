/** `readRailsAtRest` switches no relay. It does not even open a board on which opening or reading could switch one. */
import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { catalogue } from '../../src/power/catalogue/index.js';
import { mayBeAsked, readRailsAtRest } from '../../src/power/openPower.js';
import { openSerialWire } from '../../src/power/transport/serialWire.js';
import { lockTty } from '../../src/power/transport/ttyLock.js';
import { boardRef, closeAll, openOne, rail, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

/** Board, channels, and whether it can be read without the risk that a relay switches. */
const boards = [
  { type: 'lcus', channels: 4, asked: true },
  { type: 'numato', channels: 16, asked: true },
  { type: 'kmtronic', channels: 8, asked: true },
  { type: 'devantech', channels: 8, asked: true },
  // Its initialization switches the relays.
  { type: 'icse', channels: 8, asked: false },
  // The host assigns it an address when it opens it.
  { type: 'conrad', channels: 8, asked: false },
  { type: 'denkovi16', channels: 16, asked: true },
  // It has no read: the answer is the echo of a switching command.
  { type: 'sainsmart16', channels: 16, asked: false },
  { type: 'modbus-rtu', channels: 8, asked: true },
  { type: 'modbus-r421a', channels: 8, asked: true },
  // Opening its tty resets the board.
  { type: 'firmata', channels: 4, asked: false },
  { type: 'scpi', channels: 1, asked: true },
  { type: 'scpi-siglent', channels: 3, asked: true },
] as const;

it('the table contains every board; control lines are never read; exec boards are read if they have `state`', () => {
  expect(boards.map((board) => board.type)).toEqual([...catalogue.keys()]);
  for (const { type, channels, asked } of boards)
    expect(mayBeAsked(boardRef(type, '/dev/none', channels), {}), type).toBe(asked);
  for (const line of ['dtr', 'rts']) expect(mayBeAsked(boardRef(line, '/dev/none', 1), {}), line).toBe(false);
  const commands = { on: ['true'], off: ['true'] };
  expect(mayBeAsked(boardRef('exec', '', 4, commands), {})).toBe(false);
  expect(mayBeAsked(boardRef('exec', '', 4, { ...commands, state: ['true'], stateKind: 'echo' }), {})).toBe(false);
  expect(mayBeAsked(boardRef('exec', '', 4, { ...commands, state: ['true'] }), {})).toBe(true);
  expect(mayBeAsked(boardRef('lcus', '/dev/none', 4, { readBack: 'none' }), {})).toBe(false);
});

it.each(boards)('$type is read: $asked; no relay switches', async ({ type, channels, asked }) => {
  for (const initialOn of [true, false]) {
    const board = startVirtualBoard(type, channels, {}, initialOn);
    let opened = 0;
    const openWire: typeof board.openWire = (settings) => {
      opened++;
      return board.openWire(settings);
    };
    const rails = [rail('first', [1]), rail('last', [channels], { contact: 'NC' })].slice(0, channels);
    const spec = { boards: [boardRef(type, board.tty, channels)], boardTypes: {}, rails };
    const answers = await readRailsAtRest(spec, { runtimeDir, openWire });
    await board.allReceived();
    const known = initialOn ? ['on', 'off'] : ['off', 'on'];
    expect(
      answers.map(({ state }) => state),
      JSON.stringify(answers),
    ).toEqual(rails.map((_, i) => (asked ? known[i] : 'unknown')));
    expect(answers.every(({ why }) => (why === null) === asked)).toBe(true);
    expect(opened).toBe(asked ? 1 : 0);
    expect(board.switched).toEqual([]);
    expect([...board.contacts.values()].every((on) => on === initialOn)).toBe(true);
    // The read has released the tty.
    await (
      await openSerialWire({ tty: board.tty, baud: 9600, hangUpOnClose: true, rigName: 'next', runtimeDir })
    ).close();
    await closeAll();
  }
});

it('while another bench holds the tty, the state is unknown and no byte reaches the board', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir, rigName: 'cellar' });
  await power.switchRail('r1', 'off');
  const before = board.received.length;
  const spec = { boards: [boardRef('modbus-rtu', board.tty, 8)], boardTypes: {}, rails: [rail('r1', [1])] };
  expect(await readRailsAtRest(spec, { runtimeDir })).toEqual([
    { rail: 'r1', state: 'unknown', evidence: 'none', why: expect.stringContaining('rig "cellar"') },
  ]);
  expect(board.received).toHaveLength(before);
  expect((await power.readRail('r1')).state).toBe('off');
});

it('a bench waits until a read at rest releases the tty; with any other holder it fails with TTY_BUSY', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  const asking = lockTty(board.tty, 'onlooker', runtimeDir, true);
  let opened = false;
  const bench = openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir, rigName: 'cellar' }).then((power) => {
    opened = true;
    return power;
  });
  // Enough time for the bench to open the tty if the lock did not hold it back.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(opened).toBe(false);
  asking.release();
  await (await bench).close();
  const other = lockTty(board.tty, 'stranger', runtimeDir);
  await expect(openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir })).rejects.toMatchObject({
    code: 'TTY_BUSY',
  });
  other.release();
});

it('a board that does not answer or does not exist has the state unknown, with the reason', async () => {
  const board = startVirtualBoard('modbus-rtu', 8, { mute: true });
  const ref = boardRef('modbus-rtu', board.tty, 8, { attempts: 1, replyTimeoutMs: 50 });
  const [mute] = await readRailsAtRest({ boards: [ref], boardTypes: {}, rails: [rail('r1', [1])] }, { runtimeDir });
  expect(mute).toMatchObject({ state: 'unknown', why: expect.stringContaining('did not answer') });
  const [gone] = await readRailsAtRest(
    { boards: [boardRef('modbus-rtu', '/dev/ttyNONE', 8)], boardTypes: {}, rails: [rail('r1', [1])] },
    { runtimeDir },
  );
  expect(gone).toMatchObject({ state: 'unknown', why: expect.stringContaining('/dev/ttyNONE does not exist') });
});
