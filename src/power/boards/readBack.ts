/**
 * Reads relays back after a switch and compares them with the command. Contacts need time and supplies ramp: while the
 * board reads the old state, it is asked again until its `readBackWithinMs` has passed. Then the switch has failed,
 * unless one more question finds the wanted state: many boards answer with a byte without a checksum, and a late byte
 * of an earlier answer looks like it.
 */

import type { Board, RelayChange, SwitchProof } from './board.js';
import { type RawClock, NS_PER_MS, until } from '../../base/clock.js';
import { PowerError } from '../errors.js';

export interface Verified {
  proof: SwitchProof;
  /** States that the board read or measured. A board that repeats the last command proves nothing: it gives none. */
  states: Map<number, boolean>;
  /** By channel, from a board that measures. */
  values?: ReadonlyMap<number, number>;
}

const ASK_AGAIN_MS = 10;
/** Answers in a row, to questions after `readBackWithinMs`, that show a switch as failed. */
const CONTRADICTIONS = 2;

/** Rejects with BOARD_CONTRADICTS, or with the error of a read that fails. */
export async function verifyRelays(
  board: Board,
  wanted: readonly RelayChange[],
  sinceNs: number,
  clock: RawClock,
): Promise<Verified> {
  const channels = wanted.map((change) => change.channel);
  let wrongInTheEnd = 0;
  for (;;) {
    const askedNs = clock.nowNs();
    const reading = await board.read(channels);
    if (reading === null) return { proof: 'none', states: new Map() };
    const wrong = wanted.find(({ channel, on }) => {
      const state = reading.states.get(channel);
      // A voltage between the thresholds is not off.
      return state === undefined ? reading.kind === 'measured' : state !== on;
    });
    if (wrong === undefined) {
      return reading.kind === 'echo'
        ? { proof: 'echo', states: new Map() }
        : {
            proof: reading.kind === 'state' ? 'read-back' : 'measured',
            states: reading.states,
            values: reading.values,
          };
    }
    // A paused bench may have read late an answer that it asked for in time: only a later question is decisive.
    if (askedNs >= sinceNs + board.readBackWithinMs * NS_PER_MS && ++wrongInTheEnd >= CONTRADICTIONS)
      throw contradiction(board, wrong, reading.states);
    await until(clock, clock.nowNs() + ASK_AGAIN_MS * NS_PER_MS);
  }
}

function contradiction(board: Board, wrong: RelayChange, states: ReadonlyMap<number, boolean>): PowerError {
  const say = (on: boolean | undefined): string => (on === undefined ? 'neither on nor off' : on ? 'on' : 'off');
  return new PowerError(
    'BOARD_CONTRADICTS',
    `board "${board.name}": relay ${wrong.channel} was switched ${say(wrong.on)} but reads ` +
      `${say(states.get(wrong.channel))}: the relay sticks, or the channel is wrong (try plugpull relay test)`,
    { board: board.name, channel: wrong.channel, expected: say(wrong.on) },
  );
}
