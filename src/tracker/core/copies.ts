/**
 * Resync copies in flight, and clearing the bits of their regions (R10). A region's bit in the indicator area is
 * cleared when its copy is durable on S and the data that the copy read is durable on P. resync.ts chooses what is
 * copied.
 *
 * Updates may rely on the bit as evidence, so it is cleared only when each of them has evidence in the log. Once the
 * copy is durable no new update relies on the bit. So writes that never stop cannot defer the clearing forever.
 */
import type { Deadlines } from './deadlines.js';
import type { Evidence } from './evidence.js';
import type { CoreState } from './state.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const {
  WAITING,
  NEEDS_LOG,
  RETIRED,
  COPY,
  CANCELED,
  CLEARING,
  NIL,
  COPY_SLOT,
  FIRST_HOLDING,
  FIRST_NODE,
  NODE_HOLDING,
  NODE_NEXT,
  NODE_SLOT,
  SLOT_FIRST_NODE,
  SLOT_FLAGS,
  SLOT_WAIT,
  UNACKED,
} = layout;

export class Copies {
  readonly state: CoreState;
  readonly evidence: Evidence;
  readonly deadlines: Deadlines;
  /** A copy found no free slot. Updates are then refused the next one, or a busy application would starve resync. */
  starved = false;
  /** Copies whose I/O is in flight or was not submitted yet. */
  copying = 0;
  protected inFlight = 0;
  /** Entries of regions whose copy is durable and whose bit is not cleared yet. */
  protected readonly clearing: number[] = [];

  constructor(state: CoreState, evidence: Evidence, deadlines: Deadlines) {
    this.state = state;
    this.evidence = evidence;
    this.deadlines = deadlines;
  }

  /** Copies that have not ended, and durable ones whose region is not cleared yet. */
  get count(): number {
    return this.inFlight + this.clearing.length;
  }

  get idle(): boolean {
    return this.count === 0;
  }

  begun(slot: number): void {
    this.state.held.memory[this.entryOf(slot) + COPY_SLOT] = slot;
    this.inFlight++;
    this.copying++;
    this.state.counters.copies++;
  }

  protected entryOf(slot: number): number {
    return this.state.nodes.entryOf(this.state.slots.memory[slot + SLOT_FIRST_NODE]);
  }

  /** The reads and the writes of a copy are over. */
  ioEnded(): void {
    this.copying--;
  }

  /** The data that the copy read is durable on P, and the data that it wrote is durable on S. */
  durable(slot: number): void {
    const { slots, held } = this.state;
    const e = this.entryOf(slot);
    const canceled = (slots.memory[slot + SLOT_FLAGS] & CANCELED) !== 0;
    this.over(slot);
    if (canceled) return;
    held.memory[e + COPY_SLOT] = CLEARING;
    this.clearing.push(e);
  }

  /** The copy has ended, with or without success. */
  over(slot: number): void {
    const { slots, counters } = this.state;
    if ((slots.memory[slot + SLOT_FLAGS] & CANCELED) !== 0) counters.copiesCanceled++;
    this.deadlines.stop(slot);
    this.leave(slot);
  }

  /** The copy was never submitted. */
  withdrawn(slot: number): void {
    this.copying--;
    this.state.counters.copiesCanceled++;
    this.leave(slot);
  }

  protected leave(slot: number): void {
    this.state.slots.memory[slot + SLOT_FLAGS] |= RETIRED;
    this.state.held.memory[this.entryOf(slot) + COPY_SLOT] = NIL;
    this.inFlight--;
  }

  /**
   * A region is marked again (R9). A copy that may have read P before that, or that waits to clear, must not clear it.
   */
  marked(e: number): void {
    const { held, slots } = this.state;
    const copy = held.memory[e + COPY_SLOT];
    if (copy >= 0 && (slots.memory[copy + SLOT_FLAGS] & WAITING) === 0) slots.memory[copy + SLOT_FLAGS] |= CANCELED;
    if (copy !== CLEARING) return;
    held.memory[e + COPY_SLOT] = NIL;
    this.clearing.splice(this.clearing.indexOf(e), 1);
  }

  /** Clears the regions that may be cleared now. */
  clearDue(): void {
    const { held } = this.state;
    let kept = 0;
    for (const e of this.clearing) {
      if (!this.mayClear(e)) {
        this.state.counters.clearsDeferred++;
        if (this.evidence.log.openRecords > 0) this.evidence.hurry();
        this.clearing[kept++] = e;
        continue;
      }
      held.memory[e + COPY_SLOT] = NIL;
      this.clear(e);
    }
    this.clearing.length = kept;
  }

  /**
   * Whether every update to the region has evidence in the log. One durable record of the region is enough for all of
   * its updates, because the record that releases it comes later in the log than their own records. An update that
   * waits for its own record needs no other evidence.
   */
  protected mayClear(e: number): boolean {
    const { regions, held, nodes, slots } = this.state;
    const { log } = this.evidence;
    const oldest = held.memory[e + FIRST_HOLDING];
    const inLog = oldest !== NIL && log.isDurable(this.evidence.sequenceOf(oldest));
    for (let n = regions.memory[e + FIRST_NODE]; n !== NIL; n = nodes.memory[n + NODE_NEXT]) {
      const slot = nodes.memory[n + NODE_SLOT];
      if ((slots.memory[slot + SLOT_FLAGS] & (RETIRED | COPY)) !== 0) continue;
      const h = nodes.memory[n + NODE_HOLDING];
      if (h === NIL) return false;
      if (inLog) continue;
      const waitsForIt =
        (slots.memory[slot + SLOT_FLAGS] & NEEDS_LOG) !== 0 &&
        this.evidence.sequenceOf(h) <= log.fullSequence(slots.memory[slot + SLOT_WAIT]);
      if (!waitsForIt) return false;
    }
    return true;
  }

  protected clear(e: number): void {
    const { regions, indicators, counters } = this.state;
    const region = regions.region[e];
    this.evidence.pages.unmark(region);
    counters.clears++;
    if (regions.memory[e + UNACKED] === 0) indicators.clear(region);
    this.state.releaseIfIdle(e);
  }

  /** P or S is lost: no region is cleared any more; all of them stay dirty. */
  abort(): void {
    for (const e of this.clearing.splice(0)) {
      this.state.held.memory[e + COPY_SLOT] = NIL;
      this.state.releaseIfIdle(e);
    }
  }
}
