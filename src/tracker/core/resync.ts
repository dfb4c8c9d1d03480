/**
 * Resynchronization (R10, claim 13): copies the regions that await it from P to S, a few at a time, and clears each
 * region's bit once the copy is durable on S and what was read is durable on P.
 *
 * A copy stands in its region's queue like an update that covers the whole region, so R13 keeps it and the
 * application's writes apart in both directions. Updates may rely on the bit as evidence: it is cleared only when each
 * of them has evidence in the log. Once a clearing is due no new update relies on it, so a hot region cannot put it off
 * for ever.
 */
import type { Evidence } from './evidence.js';
import type { CoreState } from './state.js';
import type { Updates } from './updates.js';
import * as flags from './flags.js';
import * as words from './words.js';

// Constants of the file: see words.ts.
const { WAITING, NEEDS_LOG, SETTLED, COPY, CANCELLED, CLEARING } = flags;
const { NIL } = words;

export class Resync {
  readonly state: CoreState;
  readonly evidence: Evidence;
  readonly updates: Updates;
  active = false;
  protected cursor = 0;
  protected copying = 0;
  /** A copy found no slot: updates must leave it the next one, or a busy application would keep resync out for ever. */
  starved = false;
  /** Region entries whose copy is durable and whose bit is not cleared yet. */
  protected readonly clearing: number[] = [];

  constructor(state: CoreState, evidence: Evidence, updates: Updates) {
    this.state = state;
    this.evidence = evidence;
    this.updates = updates;
  }

  /** Nothing awaits resync, nothing is being copied, and the indicator area says so durably. */
  get done(): boolean {
    return (
      this.evidence.pages.awaiting.count === 0 &&
      this.copying === 0 &&
      this.clearing.length === 0 &&
      this.evidence.pages.unsettled === 0
    );
  }

  get copiesUnderWay(): number {
    return this.copying;
  }

  /** No copy is under way and none waits for its bit to be cleared. */
  get idle(): boolean {
    return this.copying === 0 && this.clearing.length === 0;
  }

  start(): void {
    this.active = true;
    this.cursor = 0;
  }

  /** No new copies; those under way end as usual. */
  stop(): void {
    this.active = false;
    this.starved = false;
  }

  /**
   * Starts copies while there is room. The cursor wraps: a region that turns dirty behind it is met again.
   *
   * A copy makes S differ from P until both ends are durable, so it needs evidence like any write (R2): its mark must
   * be durable. A region marked a moment ago still lives on a record in the log, which may be released meanwhile.
   */
  schedule(): void {
    const { state, evidence } = this;
    this.starved = false;
    if (!this.active || state.secondaryAway || state.primaryLost || state.journalLost) return;
    const { pages } = evidence;
    let wrapped = false;
    while (this.copying + this.clearing.length < state.config.resyncDepth) {
      const region = pages.awaiting.nextSet(this.cursor);
      if (region === -1) {
        if (wrapped || this.cursor === 0) return;
        wrapped = true;
        this.cursor = 0;
        continue;
      }
      if (!pages.isEvidence(region)) {
        this.cursor = (pages.groupOf(region) + 1) * pages.regionsPerGroup;
        continue;
      }
      const e = state.regions.find(region);
      const busy = e !== NIL && state.held.copySlot[e] !== NIL;
      if (!busy && !this.startCopy(region)) return;
      this.cursor = region + 1;
    }
  }

  protected startCopy(region: number): boolean {
    const { state, updates } = this;
    const offset = region * state.config.regionBytes;
    const length = Math.min(state.config.regionBytes, state.config.usableBytes - offset);
    const slot = updates.enter(NIL, offset, length, region, 1, COPY);
    if (slot === NIL) {
      this.starved = true;
      return false;
    }
    state.held.copySlot[this.entryOf(slot)] = slot;
    this.copying++;
    state.counters.copies++;
    updates.trySubmit(slot);
    return true;
  }

  protected entryOf(slot: number): number {
    return this.state.nodes.entryOf(this.state.slots.firstNode[slot]);
  }

  /** Both ends of the copy are durable. */
  copyDurable(slot: number): void {
    const { slots, held } = this.state;
    const e = this.entryOf(slot);
    const cancelled = (slots.flags[slot] & CANCELLED) !== 0;
    this.copyOver(slot);
    if (cancelled) return;
    held.copySlot[e] = CLEARING;
    this.clearing.push(e);
  }

  /** The copy has ended, whatever came of it. */
  copyOver(slot: number): void {
    const { slots, counters } = this.state;
    if ((slots.flags[slot] & CANCELLED) !== 0) counters.copiesCancelled++;
    this.updates.deadlines.stop(slot);
    this.leave(slot);
  }

  copyWithdrawn(slot: number): void {
    this.state.counters.copiesCancelled++;
    this.leave(slot);
  }

  protected leave(slot: number): void {
    this.state.slots.flags[slot] |= SETTLED;
    this.state.held.copySlot[this.entryOf(slot)] = NIL;
    this.copying--;
  }

  /** A region is marked anew (R9): a copy that may have read before, or is waiting to clear, does not count. */
  marked(e: number): void {
    const { held, slots } = this.state;
    const copy = held.copySlot[e];
    if (copy >= 0 && (slots.flags[copy] & WAITING) === 0) slots.flags[copy] |= CANCELLED;
    if (copy !== CLEARING) return;
    held.copySlot[e] = NIL;
    this.clearing.splice(this.clearing.indexOf(e), 1);
  }

  /** Clears what may be cleared now. */
  clearDue(): void {
    const { held } = this.state;
    for (let i = 0; i < this.clearing.length; ) {
      const e = this.clearing[i];
      if (!this.mayClear(e)) {
        this.state.counters.clearsDeferred++;
        if (this.evidence.log.openRecords > 0) this.evidence.hurry();
        i++;
        continue;
      }
      this.clearing.splice(i, 1);
      held.copySlot[e] = NIL;
      this.clear(e);
    }
  }

  /**
   * Every update that is not settled has evidence in the log. Its own record may still be on its way when an older one
   * of the region is durable: whatever releases the older one follows in the log. An update that waits for its record
   * needs no other evidence.
   */
  protected mayClear(e: number): boolean {
    const { regions, held, nodes, slots } = this.state;
    const { log } = this.evidence;
    const oldest = held.firstHolding[e];
    const inLog = oldest !== NIL && log.isDurable(this.evidence.sequenceOf(oldest));
    for (let n = regions.firstNode[e]; n !== NIL; n = nodes.next[n]) {
      const slot = nodes.slot[n];
      if ((slots.flags[slot] & (SETTLED | COPY)) !== 0) continue;
      const h = nodes.holding[n];
      if (h === NIL) return false;
      if (inLog) continue;
      const waitsForIt = (slots.flags[slot] & NEEDS_LOG) !== 0 && this.evidence.sequenceOf(h) <= log.whole(slots.wait[slot]);
      if (!waitsForIt) return false;
    }
    return true;
  }

  protected clear(e: number): void {
    const { regions, indicators, counters } = this.state;
    const region = regions.region[e];
    this.evidence.pages.unmark(region);
    counters.clears++;
    if (regions.unackedCount[e] === 0) indicators.clear(region);
    this.state.releaseIfIdle(e);
  }

  /** S is gone, or P: copies under way cannot be trusted; the regions stay dirty. */
  abort(): void {
    const { held } = this.state;
    this.stop();
    for (const e of this.clearing.splice(0)) {
      held.copySlot[e] = NIL;
      this.state.releaseIfIdle(e);
    }
  }
}
