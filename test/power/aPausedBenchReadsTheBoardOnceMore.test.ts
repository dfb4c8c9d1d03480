/** An old state that was asked in time and read late contradicts nothing; one that was asked for late does. */
import { expect, it } from 'vitest';
import type { Board, RelayReading } from '../../src/power/boards/board.js';
import type { RawClock } from '../../src/base/clock.js';
import { verifyRelays } from '../../src/power/boards/readBack.js';

const WITHIN_MS = 200;

/** Each read pauses the bench for far longer than the board may report an old state. */
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

it('an old state is asked for once more', async () => {
  expect(await verify([true, false])).toBe('read-back');
});

it('a relay that is stuck is found all the same', async () => {
  expect(await verify([true])).toBe('BOARD_CONTRADICTS');
});
