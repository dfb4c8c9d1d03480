/**
 * If a board does not obey the frame for all relays, the bench switches relay by relay, in this call and all later
 * ones.
 */

import fs from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { AllAtOnce } from '../../src/power/boards/allAtOnce.js';
import { PowerError } from '../../src/power/errors.js';
import { systemClock } from '../../src/base/systemClock.js';
import { type BoardTestStep, testBoard } from '../../src/power/testBoard.js';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterAll(async () => {
  await closeAll();
  fs.rmSync(runtimeDir, { recursive: true, force: true });
});

it('a late refusal that spoils the first read-back does not count as obedience', async () => {
  const readBacks = ['BOARD_GARBAGE', 'BOARD_CONTRADICTS'] as const;
  let read = 0;
  const board = new AllAtOnce(systemClock, {
    together: () => Promise.resolve({ commandNs: 0, proof: 'none' }),
    oneByOne: () => Promise.resolve({ commandNs: 1, proof: 'none' }),
    verify: () => Promise.reject(new PowerError(readBacks[read++]!, 'from the board')),
    synchronize: () => Promise.resolve(),
  });
  const done = await board.set([{ channel: 1, on: false }]);
  expect(done.allRefused).toMatchObject({ code: 'BOARD_CONTRADICTS' });
  expect(read).toBe(2);
});

/** Every board of the catalogue with such a frame. `all` matches the beginning of that frame in hex. */
const boards = [
  { type: 'modbus-rtu', channels: 8, all: /^010F/ },
  { type: 'conrad', channels: 8, all: /^0301/ },
  { type: 'denkovi16', channels: 16, all: /^6F(6E|6666)2F2F/ },
  { type: 'sainsmart16', channels: 16, all: /^3A46453046/ },
  { type: 'devantech', channels: 8, all: /^6[4E]/ },
];
const ways = ['refuses', 'silent', 'echoes'];
/** Only a board whose relays can be read shows that it echoed the frame without switching. */
const cases = boards
  .flatMap((board) => ways.map((allAtOnce) => ({ ...board, allAtOnce })))
  .filter(({ type, allAtOnce }) => !(type === 'sainsmart16' && allAtOnce === 'echoes'));

/**
 * Long enough for an answer on a busy machine. A board that does not answer costs it once; all cases wait concurrently.
 */
const OPTIONS = { attempts: 1, replyTimeoutMs: 2500, gapMs: 5 };

it.concurrent.each(cases)(
  '$type with allAtOnce $allAtOnce: all rails are cut and restored, and the frame is sent only once',
  async ({ type, channels, all, allAtOnce }) => {
    const board = startVirtualBoard(type, channels, { allAtOnce });
    const power = await openOne(boardRef(type, board.tty, channels, OPTIONS), { runtimeDir, openWire: board.openWire });
    for (const state of ['off', 'on', 'off'] as const) {
      await power.switchRails(power.railNames, state);
      await board.allReceived();
      expect([...board.contacts.values()]).toEqual(power.railNames.map(() => state === 'on'));
    }
    expect(power.broken).toBeNull();
    expect(board.received.filter((frame) => all.test(frame))).toHaveLength(1);
  },
);

it.concurrent.each(cases.filter(({ allAtOnce }) => allAtOnce === 'refuses'))(
  '$type with allAtOnce $allAtOnce: relay test reports it and leaves every relay as it was',
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
    expect(last.detail).toMatch(/one after the other: the board does not obey the frame for all relays.*board "shelf"/);
    expect(board.received.filter((frame) => all.test(frame))).toHaveLength(1);
    expect([...board.contacts.values()]).toEqual(Array.from({ length: channels }, () => true));
  },
);

it.concurrent.each(boards)(
  '$type that obeys: relay test switches all relays off with one frame and on with one frame',
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

it.concurrent('relay test leaves relays off that were off before', async () => {
  const board = startVirtualBoard('modbus-rtu', 4, {}, false);
  await collect(
    testBoard('modbus-rtu', board.tty, { channels: 4, options: OPTIONS }, { runtimeDir, openWire: board.openWire }),
  );
  expect([...board.contacts.values()]).toEqual([false, false, false, false]);
});

it.concurrent('a board that obeys the frame and then stops answering latches the controller', async () => {
  const board = startVirtualBoard('modbus-rtu', 4, { dead: true, afterMoves: 4 });
  const power = await openOne(boardRef('modbus-rtu', board.tty, 4, { ...OPTIONS, replyTimeoutMs: 400 }), {
    runtimeDir,
  });
  await expect(power.switchRails(power.railNames, 'off')).rejects.toMatchObject({
    code: 'RIG_BROKEN',
    context: { causeCode: 'BOARD_MUTE' },
  });
});

it.concurrent(
  'for a board with fewer relays than the profile says, the message names the missing channel',
  async () => {
    const board = startVirtualBoard('modbus-rtu', 4);
    const power = await openOne(boardRef('modbus-rtu', board.tty, 8, OPTIONS), { runtimeDir });
    await expect(power.switchRails(power.railNames, 'off')).rejects.toMatchObject({
      message: expect.stringContaining('check that it has channel 5') as string,
      cause: { code: 'BOARD_REFUSED' },
    });
  },
);

it.concurrent('if the board refuses to time a pulse, the host times this pulse and all later ones', async () => {
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
