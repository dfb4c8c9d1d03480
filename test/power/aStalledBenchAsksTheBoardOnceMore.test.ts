/** With a clock in the test's hand: an old state that was asked in time and read late contradicts nothing; one that was asked late does. */
import { expect, it } from 'vitest';
import type { Board, RelayReading } from '../../src/power/boards/board.js';
import { verifyRelays } from '../../src/power/rails/verify.js';
import { HandClock } from './handClock.js';

const WITHIN_MS = 200;

/** The first answer is told while the bench stands still. */
function board(clock: HandClock, states: boolean[]): Board {
  return {
    name: 'any',
    readBackWithinMs: WITHIN_MS,
    async read(): Promise<RelayReading> {
      const on = states.length > 1 ? states.shift()! : states[0];
      await clock.stallTo(clock.nowNs() / 1e6 + 5 * WITHIN_MS);
      return { kind: 'state', states: new Map([[1, on]]) };
    },
  } as unknown as Board;
}

const verify = async (states: boolean[]): Promise<string> => {
  const clock = new HandClock();
  const verified = verifyRelays(board(clock, states), [{ channel: 1, on: false }], 0, clock).then(
    ({ evidence }) => evidence,
    (error: unknown) => (error as { code: string }).code,
  );
  await clock.advanceTo(100_000);
  return verified;
};

it('an old state is asked for once more', async () => {
  expect(await verify([true, false])).toBe('read-back');
});

it('a relay that is stuck is found all the same', async () => {
  expect(await verify([true])).toBe('BOARD_CONTRADICTS');
});
