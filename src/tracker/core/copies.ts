/**
 * Resync copies under way, and what follows them (R10): a copy that is durable on S, with what it read durable on P, clears
 * its region's bit in the indicator area. resync.ts chooses what is copied.
 *
 * Updates may rely on the bit as evidence: it is cleared only when each of them has evidence in the log. Once a clearing
 * is due no new update relies on it, so a hot region cannot put it off for ever.
 */
import type { Deadlines } from './deadlines.js';
import type { Evidence } from './evidence.js';
import type { CoreState } from './state.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { WAITING, NEEDS_LOG, RETIRED, COPY, CANCELED, CLEARING, NIL } = layout;

export class Copies {
  readonly state: CoreState;
  readonly evidence: Evidence;
  readonly deadlines: Deadlines;
  /** A copy found no slot: updates must leave it the next one, or a busy application would keep resync out for ever. */
  starved = false;
  protected underWay = 0;
  /** Region entries whose copy is durable and whose bit is not cleared yet. */
  protected readonly clearing: number[] = [];

  constructor(state: CoreState, evidence: Evidence, deadlines: Deadlines) {
    this.state = state;
    this.evidence = evidence;
    this.deadlines = deadlines;
  }

  /** Under way, or durable and not cleared yet. */
  get count(): number {
    return this.underWay + this.clearing.length;
  }

  get idle(): boolean {
    return this.count === 0;
  }

  begun(slot: number): void {
    this.state.held.copySlot[this.entryOf(slot)] = slot;
    this.underWay++;
    this.state.counters.copies++;
  }

  protected entryOf(slot: number): number {
    return this.state.nodes.entryOf(this.state.slots.firstNode[slot]);
  }

  /** Both ends of the copy are durable. */
  durable(slot: number): void {
    const { slots, held } = this.state;
    const e = this.entryOf(slot);
    const cancelled = (slots.flags[slot] & CANCELED) !== 0;
    this.over(slot);
    if (cancelled) return;
    held.copySlot[e] = CLEARING;
    this.clearing.push(e);
  }

  /** The copy has ended, whatever came of it. */
  over(slot: number): void {
    const { slots, counters } = this.state;
    if ((slots.flags[slot] & CANCELED) !== 0) counters.copiesCanceled++;
    this.deadlines.stop(slot);
    this.leave(slot);
  }

  withdrawn(slot: number): void {
    this.state.counters.copiesCanceled++;
    this.leave(slot);
  }

  protected leave(slot: number): void {
    this.state.slots.flags[slot] |= RETIRED;
    this.state.held.copySlot[this.entryOf(slot)] = NIL;
    this.underWay--;
  }

  /** A region is marked anew (R9): a copy that may have read before, or is waiting to clear, does not count. */
  marked(e: number): void {
    const { held, slots } = this.state;
    const copy = held.copySlot[e];
    if (copy >= 0 && (slots.flags[copy] & WAITING) === 0) slots.flags[copy] |= CANCELED;
    if (copy !== CLEARING) return;
    held.copySlot[e] = NIL;
    this.clearing.splice(this.clearing.indexOf(e), 1);
  }

  /** Clears what may be cleared now. */
  clearDue(): void {
    const { held } = this.state;
    for (let i = 0; i < this.clearing.length;) {
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
      if ((slots.flags[slot] & (RETIRED | COPY)) !== 0) continue;
      const h = nodes.holding[n];
      if (h === NIL) return false;
      if (inLog) continue;
      const waitsForIt =
        (slots.flags[slot] & NEEDS_LOG) !== 0 && this.evidence.sequenceOf(h) <= log.fullSequence(slots.wait[slot]);
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

  /** S is gone, or P: what is durable on S is not cleared any more; its regions stay dirty. */
  abort(): void {
    for (const e of this.clearing.splice(0)) {
      this.state.held.copySlot[e] = NIL;
      this.state.releaseIfIdle(e);
    }
  }
}
