/**
 * A board may report the old state for `readBackWithinMs` after a switch. If the bench is paused after it asked within
 * that time, the old state proves nothing, and the bench asks again. Two old states in a row that it asks for later
 * contradict the switch: one may be a late byte of an earlier answer.
 */
import { expect, it } from 'vitest';
import type { Board, RelayReading } from '../../src/power/boards/board.js';
import type { RawClock } from '../../src/base/clock.js';
import { verifyRelays } from '../../src/power/boards/readBack.js';

const WITHIN_MS = 200;

/** Each read pauses the bench for five times as long as the board may report an old state. */
async function verify(states: boolean[]): Promise<string> {
  let nowMs = 0;
  const clock: RawClock = {
    nowNs: () => nowMs * 1e6,
    timer(delayMs, then) {
      nowMs += delayMs;
      queueMicrotask(then);
      return () => undefined;
    },
  };
  const board = {
    name: 'any',
    readBackWithinMs: WITHIN_MS,
    read: async (): Promise<RelayReading> => {
      nowMs += 5 * WITHIN_MS;
      return { kind: 'state', states: new Map([[1, states.length > 1 ? states.shift()! : states[0]]]) };
    },
  } as unknown as Board;
  return verifyRelays(board, [{ channel: 1, on: false }], 0, clock).then(
    ({ proof }) => proof,
    (error: unknown) => (error as { code: string }).code,
  );
}

it('after one old state the bench asks once more and accepts the new one', async () => {
  expect(await verify([true, false])).toBe('read-back');
});

it('one old state that was asked for late is no contradiction', async () => {
  expect(await verify([true, true, false])).toBe('read-back');
});

it('two are', async () => {
  expect(await verify([true, true, true, false])).toBe('BOARD_CONTRADICTS');
});

it('a relay that is stuck is reported as BOARD_CONTRADICTS', async () => {
  expect(await verify([true])).toBe('BOARD_CONTRADICTS');
});
