/**
 * All relays in one frame, where a board's description has such a frame; one after the other where the board itself does
 * not know it: copies of a board, and older firmware, leave it out.
 *
 * Promises: a board that refuses the frame, does not answer it, answers something else, or answers and moves no relay
 * (seen where it can be asked for its relays) is told relay by relay, at once, and from then on for as long as it is open.
 * A board that has obeyed the frame once and then falls silent is a failure: that is not for this file.
 */

import type { RawClock } from '../../base/clock.js';
import { isPowerError, type PowerError } from '../errors.js';
import type { RelayChange, SwitchDone } from './board.js';

/** The ways that a board offers. */
export interface AllAtOnceWays {
  together(changes: readonly RelayChange[]): Promise<SwitchDone>;
  oneByOne(changes: readonly RelayChange[]): Promise<SwitchDone>;
  /** Rejects with BOARD_CONTRADICTS; resolves where the board cannot say. */
  verify(changes: readonly RelayChange[], sinceNs: number): Promise<void>;
  synchronize(): Promise<void>;
}

export class AllAtOnce {
  readonly #clock: RawClock;
  readonly #ways: AllAtOnceWays;
  #isKnown = false;
  #refusal: PowerError | null = null;

  constructor(clock: RawClock, ways: AllAtOnceWays) {
    this.#clock = clock;
    this.#ways = ways;
  }

  /** `changes` name every relay of the board, all the same way. */
  async set(changes: readonly RelayChange[]): Promise<SwitchDone> {
    if (this.#refusal !== null) return { ...(await this.#ways.oneByOne(changes)), allRefused: this.#refusal };
    const startNs = this.#clock.nowNs();
    try {
      const done = await this.#ways.together(changes);
      if (!this.#isKnown) await this.#requireMoved(changes, done);
      this.#isKnown = true;
      return done;
    } catch (error) {
      if (!this.#isRefusal(error)) throw error;
      return this.#fallBack(changes, error, startNs);
    }
  }

  async #fallBack(changes: readonly RelayChange[], refusal: PowerError, startNs: number): Promise<SwitchDone> {
    const isClear = refusal.code === 'BOARD_REFUSED';
    if (!isClear) await this.#ways.synchronize();
    const done = await this.#ways.oneByOne(changes);
    // Only now: a board that obeys nothing at all has not refused this frame, it has failed.
    this.#refusal = refusal;
    if (isClear) return { ...done, allRefused: refusal };
    // The relays may have heard the frame and only its answer was lost: the earliest time at which they can have moved.
    return { commandNs: startNs, evidence: done.evidence, allRefused: refusal };
  }

  #isRefusal(error: unknown): error is PowerError {
    if (!isPowerError(error)) return false;
    if (error.code === 'BOARD_REFUSED') return true;
    return !this.#isKnown && ['BOARD_MUTE', 'BOARD_GARBAGE', 'BOARD_CONTRADICTS'].includes(error.code);
  }

  /** Whether the first such frame did anything. A reading that fails says nothing of it: whoever reads next is told. */
  async #requireMoved(changes: readonly RelayChange[], done: SwitchDone): Promise<void> {
    try {
      await this.#ways.verify(changes, done.commandNs);
    } catch (error) {
      if (!isPowerError(error) || error.code === 'BOARD_CONTRADICTS') throw error;
    }
  }
}
