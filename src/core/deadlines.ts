/** Who waits for an area to answer, in the order of the deadlines: all have the same time, so the first is the oldest. */
import type { CoreState } from './state.js';
import { TIMED } from './state.js';

export class Deadlines {
  private readonly state: CoreState;

  constructor(state: CoreState) {
    this.state = state;
  }

  /** An area has to answer for the slot from now on. */
  start(slot: number): void {
    const { slots, config, nowMs } = this.state;
    slots.deadlineMs[slot] = nowMs + config.ackTimeoutMs;
    slots.flags[slot] |= TIMED;
    slots.submitted.append(slot);
  }

  /** Nothing is expected of an area any more, or what comes does not matter. Returns whether it was waited for. */
  stop(slot: number): boolean {
    const { slots } = this.state;
    if ((slots.flags[slot] & TIMED) === 0) return false;
    slots.flags[slot] &= ~TIMED;
    slots.submitted.remove(slot);
    return true;
  }
}
