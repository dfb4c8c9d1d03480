/**
 * Switches all relays in one frame, where the board's description has such a frame. Some copies of a board, and older
 * firmware, lack it: then each relay gets its own frame.
 *
 * The board gets one frame for each relay, in this call and in all later ones, after it has refused the frame for all
 * relays, given no answer or an unknown answer to it, or confirmed it without moving a relay (as its read-back shows).
 * If a board has obeyed the frame once and later does not answer it, the call rejects.
 */

import type { RawClock } from '../../base/clock.js';
import { isPowerError, type PowerError } from '../errors.js';
import type { RelayChange, SwitchDone } from './board.js';

/** What the board provides. */
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

  /** `changes` name every relay of the board and give all of them one state. */
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
    // Noted only after a single frame worked: a board that obeys no frame at all has failed, it did not refuse this
    // one.
    this.#refusal = refusal;
    if (isClear) return { ...done, allRefused: refusal };
    // Perhaps only the answer was lost and the relays moved: this is the earliest time at which they can have moved.
    return { commandNs: startNs, proof: done.proof, allRefused: refusal };
  }

  #isRefusal(error: unknown): error is PowerError {
    if (!isPowerError(error)) return false;
    if (error.code === 'BOARD_REFUSED') return true;
    return !this.#isKnown && ['BOARD_MUTE', 'BOARD_GARBAGE', 'BOARD_CONTRADICTS'].includes(error.code);
  }

  /**
   * Rejects if the first such frame moved no relay. A read-back that fails proves nothing here; the next one reports
   * it. Garbage is read again once: a board may refuse a frame that has no answer, and a late refusal lies before the
   * first answer to the read-back.
   */
  async #requireMoved(changes: readonly RelayChange[], done: SwitchDone, isSecond = false): Promise<void> {
    try {
      await this.#ways.verify(changes, done.commandNs);
    } catch (error) {
      if (!isPowerError(error) || error.code === 'BOARD_CONTRADICTS') throw error;
      if (error.code === 'BOARD_GARBAGE' && !isSecond) await this.#requireMoved(changes, done, true);
    }
  }
}
