/** A frame for all relays that a board does not know costs no cut: its relays are told one by one, and it is remembered. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { type BoardTestStep, testBoard } from '../../src/power/testBoard.js';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

/** Every board of the catalogue with such a frame; how its frames for all relays begin, as the peer hears them. */
const boards = [
  { type: 'modbus-rtu', channels: 8, all: /^010F/ },
  { type: 'conrad', channels: 8, all: /^0301/ },
  { type: 'denkovi16', channels: 16, all: /^6F(6E|6666)2F2F/ },
  { type: 'sainsmart16', channels: 16, all: /^3A46453046/ },
  { type: 'devantech', channels: 8, all: /^6[4E]/ },
];
const ways = ['refuses', 'silent', 'echoes'];
/** An echo without an act is seen where the relays can be read. */
const cases = boards
  .flatMap((board) => ways.map((allAtOnce) => ({ ...board, allAtOnce })))
  .filter(({ type, allAtOnce }) => !(type === 'sainsmart16' && allAtOnce === 'echoes'));

/** Enough for an answer on a busy machine, whose kernel thread of ptys gets no turn for a while; a silent board costs it once. */
const OPTIONS = { attempts: 1, replyTimeoutMs: 1200, gapMs: 5 };

it.each(cases)(
  '$type $allAtOnce: all rails are cut and come back, and the frame is not tried again',
  async ({ type, channels, all, allAtOnce }) => {
    const board = startVirtualBoard(type, channels, { allAtOnce });
    const power = await openOne(boardRef(type, board.tty, channels, OPTIONS), { runtimeDir, openWire: board.openWire });
    for (const state of ['off', 'on', 'off'] as const) {
      await power.switchRails(power.railNames, state);
      await board.settled();
      expect([...board.contacts.values()]).toEqual(power.railNames.map(() => state === 'on'));
    }
    expect(power.broken).toBeNull();
    expect(board.received.filter((frame) => all.test(frame))).toHaveLength(1);
  },
);

it.each(cases.filter(({ allAtOnce }) => allAtOnce === 'refuses'))(
  '$type $allAtOnce: relay test says so, and leaves every relay as it was',
  async ({ type, channels, all, allAtOnce }) => {
    const board = startVirtualBoard(type, channels, { allAtOnce });
    const last = (
      await collect(
        testBoard(
          type,
          board.tty,
          { name: 'shelf', channels, options: OPTIONS },
          { runtimeDir, openWire: board.openWire },
        ),
      )
    ).at(-1)!;
    expect(last).toMatchObject({ step: 'switch all', channel: null, ok: true, error: null });
    expect(last.detail).toMatch(
      /one after the other: it does not obey the frame for all relays at once.*board "shelf"/,
    );
    expect(board.received.filter((frame) => all.test(frame))).toHaveLength(1);
    expect([...board.contacts.values()]).toEqual(Array.from({ length: channels }, () => true));
  },
);

it.each(boards)(
  '$type that obeys: one frame off, one frame on, and relay test has tried both',
  async ({ type, channels, all }) => {
    const board = startVirtualBoard(type, channels);
    const openWire = board.openWire;
    const last = (
      await collect(testBoard(type, board.tty, { channels, options: OPTIONS }, { runtimeDir, openWire }))
    ).at(-1)!;
    expect(last).toMatchObject({
      step: 'switch all',
      ok: true,
      detail: expect.stringContaining('in one frame') as string,
    });
    expect(board.received.filter((frame) => all.test(frame))).toHaveLength(2);
    expect([...board.contacts.values()]).toEqual(Array.from({ length: channels }, () => true));
  },
);

it('relay test puts back the relays that were off', async () => {
  const board = startVirtualBoard('modbus-rtu', 4, {}, false);
  await collect(
    testBoard('modbus-rtu', board.tty, { channels: 4, options: OPTIONS }, { runtimeDir, openWire: board.openWire }),
  );
  expect([...board.contacts.values()]).toEqual([false, false, false, false]);
});

it('a board that has obeyed the frame and then says nothing has failed: it latches', async () => {
  const board = startVirtualBoard('modbus-rtu', 4, { dead: true, afterMoves: 4 });
  const power = await openOne(boardRef('modbus-rtu', board.tty, 4, { ...OPTIONS, replyTimeoutMs: 400 }), {
    runtimeDir,
  });
  await expect(power.switchRails(power.railNames, 'off')).rejects.toMatchObject({
    code: 'RIG_BROKEN',
    context: { causeCode: 'BOARD_MUTE' },
  });
});

it('a board with fewer relays than the profile says is still told by its channel', async () => {
  const board = startVirtualBoard('modbus-rtu', 4);
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8, OPTIONS), { runtimeDir });
  await expect(power.switchRails(power.railNames, 'off')).rejects.toMatchObject({
    message: expect.stringContaining('does it have channel 5?') as string,
    cause: { code: 'BOARD_REFUSED' },
  });
});

it('a pulse that the board refuses to time is timed by the host, and not asked for again', async () => {
  const board = startVirtualBoard('modbus-rtu', 8, { pulses: false });
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8, OPTIONS), { runtimeDir, openWire: board.openWire });
  for (let i = 0; i < 2; i += 1)
    expect(await power.pulseRail('r1', 100)).toMatchObject({ timedBy: 'host', state: 'on' });
  expect(power.broken).toBeNull();
  expect(board.received.filter((frame) => frame.startsWith('01050400'))).toHaveLength(1);
});

async function collect(steps: AsyncGenerator<BoardTestStep>): Promise<BoardTestStep[]> {
  const seen: BoardTestStep[] = [];
  for await (const step of steps) seen.push(step);
  expect(seen.filter((step) => !step.ok)).toEqual([]);
  return seen;
}
