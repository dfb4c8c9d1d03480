/**
 * Deadlines of the slots whose I/O an area has to complete. All have the same timeout, so a slot that starts later is
 * never due earlier. The earliest deadline is cached, and all slots are searched only when it has passed: while the
 * devices are fast that happens once per timeout.
 *
 * A deadline is a number of milliseconds, rounded up, of which the low 32 bits are kept. A hang is noticed at most 1 ms
 * late.
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
  /** No slot is due earlier. */
  private firstMs = 0;

  constructor(state: CoreState) {
    this.state = state;
  }

  /** Slots that have a deadline. */
  get count(): number {
    return this.waiting;
  }

  /** An area has to complete the slot's I/O from now on. */
  start(slot: number): void {
    const { slots, config, nowMs } = this.state;
    const dueMs = Math.ceil(nowMs + config.ackTimeoutMs) | 0;
    slots.memory[slot + SLOT_WAIT] = dueMs;
    slots.memory[slot + SLOT_FLAGS] |= TIMED;
    if (this.waiting++ === 0) this.firstMs = dueMs;
  }

  /** The slot no longer waits for an area. Returns whether it had a deadline. */
  stop(slot: number): boolean {
    const { memory } = this.state.slots;
    const flags = memory[slot + SLOT_FLAGS];
    if ((flags & TIMED) === 0) return false;
    memory[slot + SLOT_FLAGS] = flags & ~TIMED;
    if (--this.waiting === 0) this.firstMs = 0;
    return true;
  }

  /** A part of a copy is over; `area` has the full timeout for the next part. */
  copyAwaits(area: typeof PRIMARY | typeof SECONDARY, slot: number, id: number): void {
    const { slots } = this.state;
    const f = slots.memory[slot + SLOT_FLAGS];
    if (!slots.holds(slot, id) || (f & COPY) === 0 || !this.stop(slot)) return;
    slots.memory[slot + SLOT_FLAGS] =
      area === SECONDARY
        ? slots.memory[slot + SLOT_FLAGS] | COPY_ON_SECONDARY
        : slots.memory[slot + SLOT_FLAGS] & ~COPY_ON_SECONDARY;
    this.start(slot);
  }

  /** The area that has not completed the I/O of an overdue slot. */
  unanswering(slot: number): typeof PRIMARY | typeof SECONDARY {
    const f = this.state.slots.memory[slot + SLOT_FLAGS];
    const copyOnSecondary = (f & COPY_ON_SECONDARY) !== 0 && (f & (ENDED << SECONDARY)) === 0;
    return copyOnSecondary || (f & (DURABLE << PRIMARY)) !== 0 ? SECONDARY : PRIMARY;
  }

  /** Whether a slot may be overdue. Cheap; false is certain. */
  isOverdue(nowMs: number): boolean {
    return this.waiting > 0 && !isBefore(Math.floor(nowMs) | 0, this.firstMs);
  }

  /** The slot that is overdue for longest, or NIL. */
  overdue(): number {
    const nowMs = Math.floor(this.state.nowMs) | 0;
    if (this.waiting === 0 || isBefore(nowMs, this.firstMs)) return NIL;
    const { slots } = this.state;
    let first = NIL;
    for (const slot of slots.inUse()) {
      if (
        (slots.memory[slot + SLOT_FLAGS] & TIMED) !== 0 &&
        (first === NIL || isBefore(slots.memory[slot + SLOT_WAIT], slots.memory[first + SLOT_WAIT]))
      )
        first = slot;
    }
    this.firstMs = slots.memory[first + SLOT_WAIT];
    return isBefore(nowMs, this.firstMs) ? NIL : first;
  }
}

/** For two times less than 2^31 ms apart, from their low 32 bits. */
function isBefore(aMs: number, bMs: number): boolean {
  return ((aMs - bMs) | 0) < 0;
}
