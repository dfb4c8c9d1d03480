/**
 * Reads relays back after a switch and compares. A contact needs its time, a supply ramps: an old state is asked again
 * until the board's `readBackWithinMs` has passed, then it is a contradiction.
 */

import type { Board, RelayChange } from './board.js';
import { type RawClock, NS_PER_MS, until } from '../../base/clock.js';
import { PowerError } from '../errors.js';

/** How a switch is known to have happened, weakest first. Device-side evidence comes from elsewhere. */
export type SwitchProof = 'none' | 'echo' | 'read-back' | 'measured';

export interface Verified {
  evidence: SwitchProof;
  /** Only what counts as knowledge of the relay: a repeated last-written value does not. */
  states: Map<number, boolean>;
  /** By channel, of a board that measures. */
  values?: ReadonlyMap<number, number>;
}

const ASK_AGAIN_MS = 10;

/** Rejects with BOARD_CONTRADICTS, or with what reading met. */
export async function verifyRelays(
  board: Board,
  wanted: readonly RelayChange[],
  sinceNs: number,
  clock: RawClock,
): Promise<Verified> {
  const channels = wanted.map((change) => change.channel);
  for (;;) {
    const askedNs = clock.nowNs();
    const reading = await board.read(channels);
    if (reading === null) return { evidence: 'none', states: new Map() };
    const wrong = wanted.find(({ channel, on }) => {
      const state = reading.states.get(channel);
      // A voltage between the thresholds is not off.
      return state === undefined ? reading.kind === 'measured' : state !== on;
    });
    if (wrong === undefined) {
      return reading.kind === 'echo'
        ? { evidence: 'echo', states: new Map() }
        : {
            evidence: reading.kind === 'state' ? 'read-back' : 'measured',
            states: reading.states,
            values: reading.values,
          };
    }
    // Asked in time, it may only have been read late: a bench that stood still asks once more.
    if (askedNs >= sinceNs + board.readBackWithinMs * NS_PER_MS) throw contradiction(board, wrong, reading.states);
    await until(clock, clock.nowNs() + ASK_AGAIN_MS * NS_PER_MS);
  }
}

function contradiction(board: Board, wrong: RelayChange, states: ReadonlyMap<number, boolean>): PowerError {
  const say = (on: boolean | undefined): string => (on === undefined ? 'neither on nor off' : on ? 'on' : 'off');
  return new PowerError(
    'BOARD_CONTRADICTS',
    `board "${board.name}": relay ${wrong.channel} was switched ${say(wrong.on)} but reads ` +
      `${say(states.get(wrong.channel))}: a stuck relay, or a wrong channel?`,
    { board: board.name, channel: wrong.channel, expected: say(wrong.on) },
  );
}
