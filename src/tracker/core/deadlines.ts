/**
 * Who waits for an area to answer. All have the same time, so that nobody who starts later is due earlier: it is enough to
 * look for the first to be due once, and again when its time has come. A campaign of quick answers is looked through once
 * per timeout.
 *
 * Deadlines are whole milliseconds, rounded up, of which the low 32 bits are kept: a hang is noticed at most one late.
 */
import type { CoreState } from './state.js';
import * as devices from './devices.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { PRIMARY, SECONDARY } = devices;
const { TIMED, COPY, COPY_ON_SECONDARY, DURABLE, ENDED, NIL, SLOT_WAIT, SLOT_FLAGS } = layout;

export class Deadlines {
  private readonly state: CoreState;
  private waiting = 0;
  /** Nobody is due before. */
  private firstMs = 0;

  constructor(state: CoreState) {
    this.state = state;
  }

  /** Slots that wait. */
  get count(): number {
    return this.waiting;
  }

  /** An area has to answer for the slot from now on. */
  start(slot: number): void {
    const { slots, config, nowMs } = this.state;
    const dueMs = Math.ceil(nowMs + config.ackTimeoutMs) | 0;
    slots.memory[slot + SLOT_WAIT] = dueMs;
    slots.memory[slot + SLOT_FLAGS] |= TIMED;
    if (this.waiting++ === 0) this.firstMs = dueMs;
  }

  /** Nothing is expected of an area any more, or what comes does not matter. Returns whether it was waited for. */
  stop(slot: number): boolean {
    const { memory } = this.state.slots;
    const flags = memory[slot + SLOT_FLAGS];
    if ((flags & TIMED) === 0) return false;
    memory[slot + SLOT_FLAGS] = flags & ~TIMED;
    if (--this.waiting === 0) this.firstMs = 0;
    return true;
  }

  /** A part of a copy is over and the area is asked for the next one: it has its full time to answer. */
  copyAwaits(area: typeof PRIMARY | typeof SECONDARY, slot: number, id: number): void {
    const { slots } = this.state;
    const f = slots.flags[slot];
    if (!slots.holds(slot, id) || (f & COPY) === 0 || !this.stop(slot)) return;
    slots.flags[slot] =
      area === SECONDARY ? slots.flags[slot] | COPY_ON_SECONDARY : slots.flags[slot] & ~COPY_ON_SECONDARY;
    this.start(slot);
  }

  /** The area that has not answered for a slot whose time is over. */
  unanswering(slot: number): typeof PRIMARY | typeof SECONDARY {
    const f = this.state.slots.flags[slot];
    const copyOnSecondary = (f & COPY_ON_SECONDARY) !== 0 && (f & (ENDED << SECONDARY)) === 0;
    return copyOnSecondary || (f & (DURABLE << PRIMARY)) !== 0 ? SECONDARY : PRIMARY;
  }

  /** Somebody may be due: cheap, and never wrong when it says no. */
  isOverdue(nowMs: number): boolean {
    return this.waiting > 0 && !isBefore(Math.floor(nowMs) | 0, this.firstMs);
  }

  /** Of the slots whose time is over, the one that waits for longest; or NIL. */
  overdue(): number {
    const nowMs = Math.floor(this.state.nowMs) | 0;
    if (this.waiting === 0 || isBefore(nowMs, this.firstMs)) return NIL;
    const { slots } = this.state;
    let first = NIL;
    for (const slot of slots.inUse()) {
      if ((slots.flags[slot] & TIMED) !== 0 && (first === NIL || isBefore(slots.wait[slot], slots.wait[first])))
        first = slot;
    }
    this.firstMs = slots.wait[first];
    return isBefore(nowMs, this.firstMs) ? NIL : first;
  }
}

/** Of two times less than 2^31 ms apart. */
function isBefore(aMs: number, bMs: number): boolean {
  return ((aMs - bMs) | 0) < 0;
}
