/**
 * The life of an update: obtained (R1), submitted (updateQueue.ts), durable on both areas (R4), then acknowledged (R5,
 * R8) or given up (R9). Either way it *retires*: it leaves the update sets of its regions. Resync copies share the path
 * from submission on.
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
  /** R1: sets the indicators and adds the update to the update sets, before evidence or I/O. */
  obtain(transaction: number, offset: number, length: number): number {
    const { state } = this;
    const first = state.regionOf(offset);
    const touched = state.regionOf(offset + length - 1) - first + 1;
    if (touched > state.config.regionReferences) {
      throw new RangeError(
        `update of ${touched} regions: must touch at most ${state.config.regionReferences} (regionReferences)`,
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
   * An area has completed the slot's I/O; `ok`: without an error. Late, double and foreign reports are counted and
   * ignored. Returns whether the report was expected. For an unexpected error the caller must not give up the device.
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
    if (this.isOver(slot)) {
      if ((f & COPY) !== 0) this.copies.ioEnded();
      this.wakeBlocked(slot);
    }
    if (ok) this.enterEpoch(area, slot);
    this.finish(slot);
    return true;
  }

  /** R4: a completed write waits for a flush, unless it was FUA. */
  protected enterEpoch(area: Area, slot: number): void {
    const { slots, config, nowMs } = this.state;
    const gone = area === PRIMARY ? this.state.primaryLost : this.state.secondaryAway;
    if (gone) return;
    const fua = area === PRIMARY ? config.durableOnCompletion.primary : config.durableOnCompletion.secondary;
    // A copy only reads P. The data may have come from P's volatile cache, also when its write to S was FUA (R10).
    const readsCache = area === PRIMARY && (slots.memory[slot + SLOT_FLAGS] & COPY) !== 0;
    if ((fua && !readsCache) || config.acknowledge === 'completed') {
      this.durable(area, slot);
    } else {
      slots.memory[slot + SLOT_FLAGS] |= IN_EPOCH << area;
      this.epochs[area].completed(slot, nowMs);
    }
  }

  /** The flush in flight on the area has succeeded. */
  flushed(area: Area): void {
    const { slots } = this.state;
    for (let slot = this.epochs[area].takeCovered(); slot !== -1; slot = this.epochs[area].takeCovered()) {
      slots.memory[slot + SLOT_FLAGS] &= ~(IN_EPOCH << area);
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

  /** The update leaves `U[r]` of its regions. Evidence that no other update needs is released. */
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

  /** R9: no acknowledgement will come. Marks the regions; the log releases them only when the marks are durable. */
  giveUp(slot: number): void {
    const { slots, nodes, primaryLost, counters } = this.state;
    const f = slots.memory[slot + SLOT_FLAGS];
    if ((f & (GIVEN_UP | RETIRED)) !== 0) return;
    if ((f & COPY) !== 0) return this.cancelCopy(slot);
    counters.givenUp++;
    if ((f & WAITING) !== 0) slots.memory[slot + SLOT_FLAGS] |= PRIMARY_ONLY;
    for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n))
      this.copies.marked(nodes.entryOf(n));
    this.evidence.markAll(slot, GIVEN_UP);
    // The update no longer waits for S. It still waits for P, which gets its full timeout again.
    const stillWaits = this.deadlines.stop(slot) && (f & DURABLE) === 0 && !primaryLost;
    if (stillWaits) this.deadlines.start(slot);
    this.retireGivenUp(slot);
  }

  protected cancelCopy(slot: number): void {
    if ((this.state.slots.memory[slot + SLOT_FLAGS] & WAITING) !== 0) return this.withdraw(slot);
    this.state.slots.memory[slot + SLOT_FLAGS] |= CANCELED;
    this.deadlines.stop(slot);
    this.finish(slot);
  }

  /** Retires a given-up update once its marks are durable. With the journal lost it retires without durable marks. */
  protected retireGivenUp(slot: number): void {
    const { slots, primaryLost, journalLost } = this.state;
    const isMarked = (slots.memory[slot + SLOT_FLAGS] & MARKING) === 0;
    // A waiting update retires only after its submission: until then its node keeps the order, and its answer needs P.
    if ((slots.memory[slot + SLOT_FLAGS] & WAITING) !== 0 || !(isMarked || journalLost)) return;
    const onP = (slots.memory[slot + SLOT_FLAGS] & DURABLE) !== 0;
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

  /** Withdraws an update or copy that was never submitted: no byte of it has reached an area. */
  withdraw(slot: number): void {
    const { slots, nodes, sets, regions, indicators, transactions } = this.state;
    const isCopy = (slots.memory[slot + SLOT_FLAGS] & COPY) !== 0;
    // The slot may stay among the mark waiters: without MARKING it is skipped there, and with P or the journal lost no
    // update takes it again.
    slots.memory[slot + SLOT_FLAGS] &= ~(WAITING | NEEDS_LOG | NEEDS_MARK | MARKING);
    this.wakeBlocked(slot);
    if (isCopy) {
      this.copies.withdrawn(slot);
    } else {
      slots.memory[slot + SLOT_FLAGS] |= RETIRED;
      transactions.memory[slots.memory[slot + SLOT_TRANSACTION] + TRANSACTION_UNRETIRED]--;
      for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n)) {
        const e = nodes.entryOf(n);
        const isLast = sets.retire(e);
        this.evidence.retired(n);
        const r = regions.region[e];
        if (isLast && !this.evidence.pages.awaiting.has(r)) indicators.clear(r);
        this.evidence.prune(e);
      }
      this.evidence.completeIfDone(slots.memory[slot + SLOT_TRANSACTION]);
      this.answer(slot, 'refused');
    }
    this.finish(slot);
  }

  /** The area's power epoch has ended: updates that no flush has covered will not be acknowledged (R4, R9). */
  endEpoch(area: Area): void {
    const { slots, counters } = this.state;
    counters.epochsEnded++;
    for (let slot = this.epochs[area].takeLost(); slot !== -1; slot = this.epochs[area].takeLost()) {
      slots.memory[slot + SLOT_FLAGS] &= ~(IN_EPOCH << area);
      this.giveUp(slot);
      this.finish(slot);
    }
  }

  /** Gives up the updates in flight. Those that were never submitted are refused if they need the lost device. */
  areaLost(area: DeviceIndex): void {
    const { slots } = this.state;
    for (const slot of slots.inUse()) {
      const waiting = (slots.memory[slot + SLOT_FLAGS] & WAITING) !== 0;
      if (area === SECONDARY) this.giveUp(slot);
      else if (area === PRIMARY) {
        if (waiting) this.withdraw(slot);
        else this.giveUp(slot);
        this.deadlines.stop(slot);
        this.failIfUnconfirmed(slot);
      } else if ((slots.memory[slot + SLOT_FLAGS] & (COPY | RETIRED)) === COPY) this.cancelCopy(slot);
      else if (waiting && (slots.memory[slot + SLOT_FLAGS] & (NEEDS_LOG | NEEDS_MARK)) !== 0) this.withdraw(slot);
      else if ((slots.memory[slot + SLOT_FLAGS] & (GIVEN_UP | RETIRED)) === GIVEN_UP) this.retireGivenUp(slot);
    }
  }

  /** P is lost. Answers `failed` for a retired update that is not durable on P: it never will be. */
  protected failIfUnconfirmed(slot: number): void {
    const f = this.state.slots.memory[slot + SLOT_FLAGS];
    if ((f & RETIRED) === 0 || (f & (DURABLE | COPY)) !== 0) return;
    this.answer(slot, 'failed');
    this.finish(slot);
  }

  /** Frees the slot when nothing refers to it any more: no I/O, no flush, no mark and no answer is outstanding. */
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
    ((f & COPY) === 0 ? slots.pool : slots.copyPool).give(slot);
    this.fx.free(slot);
  }
}
