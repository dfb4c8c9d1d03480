/**
 * The way of one update: obtained (R1), submitted (updateQueue.ts), durable on both areas (R4), acknowledged (R5, R8), or
 * given up (R9). Resync copies take the same way from submission on.
 */
import type { DeviceIndex } from './devices.js';
import type { Answer } from './effects.js';
import { UpdateQueue } from './updateQueue.js';
import * as devices from './devices.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { PRIMARY, SECONDARY } = devices;
const {
  SUBMITTED,
  ENDED,
  DURABLE,
  IN_EPOCH,
  WAITING,
  NEEDS_LOG,
  NEEDS_MARK,
  GIVEN_UP,
  RETIRED,
  ANSWERED,
  PRIMARY_ONLY,
  COPY,
  CANCELED,
  MARKING,
  BOTH,
  NIL,
  SLOT_FIRST_NODE,
  SLOT_TRANSACTION,
  SLOT_FLAGS,
  TRANSACTION_UNRETIRED,
} = layout;

/** Durable on P and on S. */
const ON_BOTH = DURABLE * BOTH;

type Area = typeof PRIMARY | typeof SECONDARY;

export class Updates extends UpdateQueue {
  /** R1: indicators are set and the update is in the sets before anything else is done for it. */
  obtain(transaction: number, offset: number, length: number): number {
    const { state } = this;
    const first = state.regionOf(offset);
    const touched = state.regionOf(offset + length - 1) - first + 1;
    if (touched > state.config.regionReferences) {
      throw new RangeError(
        `update touches ${touched} regions: must be at most regionReferences ${state.config.regionReferences}`,
      );
    }
    if (this.copies.starved || !this.evidence.admits(touched)) return NIL;
    const slot = this.enter(transaction, offset, length, first, touched, 0);
    if (slot === NIL) return NIL;
    const { slots, nodes, sets, transactions, counters } = state;
    for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n))
      sets.obtain(nodes.entryOf(n));
    transactions.memory[transaction + TRANSACTION_UNRETIRED]++;
    counters.obtained++;
    this.evidence.obtain(slot, touched);
    if (state.secondaryAway) this.giveUp(slot);
    this.trySubmit(slot);
    return slot;
  }

  /**
   * A device has ended the slot's I/O; `ok`: without error. Late, double and foreign reports are counted and ignored.
   * Returns whether the report was expected: only then does an error say something about the device.
   */
  completed(area: Area, slot: number, id: number, ok: boolean): boolean {
    const { slots, inFlight, counters } = this.state;
    const bit = 1 << area;
    const { memory } = slots;
    const f = memory[slot + SLOT_FLAGS];
    const expected = slots.holds(slot, id) && (f & (SUBMITTED * bit)) !== 0 && (f & (ENDED * bit)) === 0;
    if (!expected) {
      counters.unexpectedCompletions++;
      return false;
    }
    memory[slot + SLOT_FLAGS] = f | (ENDED * bit);
    inFlight[area]--;
    if (this.isOver(slot)) this.wakeBlocked(slot);
    if (ok) this.enterEpoch(area, slot);
    this.finish(slot);
    return true;
  }

  /** R4: completed is not durable, unless the write was FUA. */
  protected enterEpoch(area: Area, slot: number): void {
    const { slots, config, nowMs } = this.state;
    const gone = area === PRIMARY ? this.state.primaryLost : this.state.secondaryAway;
    if (gone) return;
    const fua = area === PRIMARY ? config.durableOnCompletion.primary : config.durableOnCompletion.secondary;
    // A copy only reads P: what it read may sit in P's cache, whatever flag the copy's own write to S had (R10).
    const readsCache = area === PRIMARY && (slots.memory[slot + SLOT_FLAGS] & COPY) !== 0;
    if ((fua && !readsCache) || config.acknowledge === 'completed') {
      this.durable(area, slot);
    } else {
      slots.flags[slot] |= IN_EPOCH << area;
      this.epochs[area].completed(slot, nowMs);
    }
  }

  /** The flush under way on the area has succeeded. */
  flushed(area: Area): void {
    const { slots } = this.state;
    for (let slot = this.epochs[area].takeCovered(); slot !== -1; slot = this.epochs[area].takeCovered()) {
      slots.flags[slot] &= ~(IN_EPOCH << area);
      this.durable(area, slot);
      this.finish(slot);
    }
  }

  protected durable(area: Area, slot: number): void {
    const { slots, config } = this.state;
    const f = slots.memory[slot + SLOT_FLAGS] | (DURABLE << area);
    slots.memory[slot + SLOT_FLAGS] = f;
    const onP = (f & DURABLE) !== 0;
    if ((f & COPY) !== 0) {
      if ((f & ON_BOTH) === ON_BOTH) this.copies.durable(slot);
      return;
    }
    if ((f & GIVEN_UP) !== 0) {
      if (!onP) return;
      this.deadlines.stop(slot);
      if ((f & RETIRED) !== 0) this.answer(slot, 'ok');
      return;
    }
    if (onP && config.mode === 'async') this.answer(slot, 'ok');
    if ((f & ON_BOTH) === ON_BOTH) this.acknowledge(slot);
  }

  /** R5, R8, R6: the update is durable on both areas. */
  protected acknowledge(slot: number): void {
    this.state.counters.acknowledged++;
    this.deadlines.stop(slot);
    this.retire(slot);
    this.answer(slot, 'ok');
  }

  /** The update leaves `U[r]` of its regions, and what no longer needs evidence gives it up. */
  protected retire(slot: number): void {
    const { slots, nodes, sets, regions, indicators, transactions, counters } = this.state;
    const { pages } = this.evidence;
    const { memory } = slots;
    memory[slot + SLOT_FLAGS] |= RETIRED;
    const t = memory[slot + SLOT_TRANSACTION];
    transactions.memory[t + TRANSACTION_UNRETIRED]--;
    for (let n = memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n)) {
      const e = nodes.entryOf(n);
      const isLast = sets.retire(e);
      this.evidence.retired(n);
      if (isLast && !pages.awaiting.has(regions.region[e])) {
        if (indicators.clear(regions.region[e])) counters.indicatorResets++;
      }
      this.evidence.prune(e);
    }
    this.evidence.completeIfDone(t);
  }

  /** R9: no acknowledgement will come. The regions are marked; the log forgets them only when that is durable. */
  giveUp(slot: number): void {
    const { slots, nodes, primaryLost, counters } = this.state;
    const f = slots.flags[slot];
    if ((f & (GIVEN_UP | RETIRED)) !== 0) return;
    if ((f & COPY) !== 0) return this.cancelCopy(slot);
    counters.givenUp++;
    if ((f & WAITING) !== 0) slots.flags[slot] |= PRIMARY_ONLY;
    for (let n = slots.firstNode[slot]; n !== NIL; n = nodes.nextOfSlot(n)) this.copies.marked(nodes.entryOf(n));
    this.evidence.markAll(slot, GIVEN_UP);
    // S matters no more; P still has to answer, with its full time.
    const stillWaits = this.deadlines.stop(slot) && (f & DURABLE) === 0 && !primaryLost;
    if (stillWaits) this.deadlines.start(slot);
    this.retireGivenUp(slot);
  }

  protected cancelCopy(slot: number): void {
    if ((this.state.slots.flags[slot] & WAITING) !== 0) return this.withdraw(slot);
    this.state.slots.flags[slot] |= CANCELED;
    this.deadlines.stop(slot);
    this.finish(slot);
  }

  /** Once its marks are durable; with the journal gone they never will be. */
  protected retireGivenUp(slot: number): void {
    const { slots, primaryLost, journalLost } = this.state;
    const isMarked = (slots.flags[slot] & MARKING) === 0;
    // A waiting update is settled only after it was submitted: its node keeps order and its answer needs P.
    if ((slots.flags[slot] & WAITING) !== 0 || !(isMarked || journalLost)) return;
    const onP = (slots.flags[slot] & DURABLE) !== 0;
    this.retire(slot);
    if (!isMarked || (primaryLost && !onP)) {
      this.deadlines.stop(slot);
      this.answer(slot, 'failed');
    } else if (onP) this.answer(slot, 'ok');
    this.finish(slot);
  }

  protected answer(slot: number, answer: Answer): void {
    const { slots, counters } = this.state;
    const f = slots.memory[slot + SLOT_FLAGS];
    if ((f & ANSWERED) !== 0) return;
    slots.memory[slot + SLOT_FLAGS] = f | ANSWERED;
    if (answer === 'refused') counters.refused++;
    if (answer === 'failed') counters.failed++;
    this.fx.answer(slot, answer, this.state.updateId(slot), slots.offset(slot), slots.length(slot));
  }

  /** Takes back an update or copy that was never submitted: no byte of it has reached an area. */
  withdraw(slot: number): void {
    const { slots, nodes, sets, regions, indicators, transactions } = this.state;
    const isCopy = (slots.flags[slot] & COPY) !== 0;
    // Among the waiters for marks the slot is passed over from now on: it is not given out again with P or the journal gone.
    slots.flags[slot] &= ~(WAITING | NEEDS_LOG | NEEDS_MARK | MARKING);
    this.wakeBlocked(slot);
    if (isCopy) {
      this.copies.withdrawn(slot);
    } else {
      slots.flags[slot] |= RETIRED;
      transactions.unretired[slots.transaction[slot]]--;
      for (let n = slots.firstNode[slot]; n !== NIL; n = nodes.nextOfSlot(n)) {
        const e = nodes.entryOf(n);
        const isLast = sets.retire(e);
        this.evidence.retired(n);
        const r = regions.region[e];
        if (isLast && !this.evidence.pages.awaiting.has(r)) indicators.clear(r);
        this.evidence.prune(e);
      }
      this.evidence.completeIfDone(slots.transaction[slot]);
      this.answer(slot, 'refused');
    }
    this.finish(slot);
  }

  /** An area is gone or its power epoch has ended: what no flush has covered is not acknowledged any more (R4, R9). */
  endEpoch(area: Area): void {
    const { slots, counters } = this.state;
    counters.epochsEnded++;
    for (let slot = this.epochs[area].takeLost(); slot !== -1; slot = this.epochs[area].takeLost()) {
      slots.flags[slot] &= ~(IN_EPOCH << area);
      this.giveUp(slot);
      this.finish(slot);
    }
  }

  /** Gives up all that is under way; what was never submitted is refused when the area is needed for it. */
  areaLost(area: DeviceIndex): void {
    const { slots } = this.state;
    for (const slot of slots.inUse()) {
      const waiting = (slots.flags[slot] & WAITING) !== 0;
      if (area === SECONDARY) this.giveUp(slot);
      else if (area === PRIMARY) {
        if (waiting) this.withdraw(slot);
        else this.giveUp(slot);
        this.deadlines.stop(slot);
        this.failIfUnconfirmed(slot);
      } else if ((slots.flags[slot] & (COPY | RETIRED)) === COPY) this.cancelCopy(slot);
      else if (waiting && (slots.flags[slot] & (NEEDS_LOG | NEEDS_MARK)) !== 0) this.withdraw(slot);
      else if ((slots.flags[slot] & (GIVEN_UP | RETIRED)) === GIVEN_UP) this.retireGivenUp(slot);
    }
  }

  /** P is gone: a settled update that P has not confirmed will not be confirmed any more. */
  protected failIfUnconfirmed(slot: number): void {
    const f = this.state.slots.flags[slot];
    if ((f & RETIRED) === 0 || (f & (DURABLE | COPY)) !== 0) return;
    this.answer(slot, 'failed');
    this.finish(slot);
  }

  /** Frees the slot when nothing can refer to it any more: no I/O, no flush, no mark, no answer outstanding. */
  finish(slot: number): void {
    const { slots, nodes, sets } = this.state;
    const { memory } = slots;
    const before = memory[slot + SLOT_FLAGS];
    if ((before & (IN_EPOCH * BOTH)) !== 0 || !this.isOver(slot)) return;
    if ((before & (CANCELED | RETIRED)) === CANCELED) this.copies.over(slot);
    const f = memory[slot + SLOT_FLAGS];
    if ((f & RETIRED) === 0 || (f & (COPY | ANSWERED)) === 0) return;
    memory[slot + SLOT_FLAGS] = 0;
    for (let n = memory[slot + SLOT_FIRST_NODE]; n !== NIL;) {
      const next = nodes.nextOfSlot(n);
      const e = nodes.entryOf(n);
      if (sets.remove(n, e)) this.state.releaseIfIdle(e);
      n = next;
    }
    slots.pool.give(slot);
    this.fx.free(slot);
  }
}
