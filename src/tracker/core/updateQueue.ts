/**
 * Updates and copies from their slot to submission: each waits for its evidence (R2) and for earlier ones to the same bytes
 * (R13, for copies R10). updates.ts has what comes after.
 */
import { Copies } from './copies.js';
import { Deadlines } from './deadlines.js';
import type { PowerEpoch } from './devices.js';
import type { CoreEffects } from './effects.js';
import type { Evidence } from './evidence.js';
import type { CoreState } from './state.js';
import * as devices from './devices.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { PRIMARY, SECONDARY } = devices;
const {
  SUBMITTED,
  ENDED,
  WAITING,
  NEEDS_LOG,
  NEEDS_MARK,
  GIVEN_UP,
  RETIRED,
  PRIMARY_ONLY,
  COPY,
  MARKING,
  BOTH,
  NIL,
  SLOT_FIRST_NODE,
  SLOT_TRANSACTION,
  SLOT_WAIT,
  SLOT_FLAGS,
} = layout;

/** Bits from SUBMITTED to ENDED. */
const ENDED_BEHIND_SUBMITTED = Math.log2(ENDED / SUBMITTED);

/** What updates are built of. */
export interface UpdatesParts {
  Copies: typeof Copies;
}

export abstract class UpdateQueue {
  readonly state: CoreState;
  readonly evidence: Evidence;
  readonly epochs: [PowerEpoch, PowerEpoch];
  readonly fx: CoreEffects;
  readonly deadlines: Deadlines;
  readonly copies: Copies;
  /** `pages.revision` when the waiters were last looked through. */
  protected revisionSeen = -1;

  constructor(
    state: CoreState,
    evidence: Evidence,
    epochs: [PowerEpoch, PowerEpoch],
    fx: CoreEffects,
    parts: UpdatesParts = { Copies },
  ) {
    this.state = state;
    this.evidence = evidence;
    this.epochs = epochs;
    this.fx = fx;
    this.deadlines = new Deadlines(state);
    this.copies = new parts.Copies(state, evidence, this.deadlines);
  }

  /** An update was given up and is submitted to P alone: it ends as soon as its marks are durable (R9). */
  protected abstract retireGivenUp(slot: number): void;

  /** Takes a slot with a node per region, `count` from `first` on; NIL when slots or nodes are used up just now. */
  enter(transaction: number, offset: number, length: number, first: number, count: number, flags: number): number {
    const { state } = this;
    const { slots, nodes } = state;
    if (nodes.freeCount < count || !this.evidence.hasRegions(count)) return NIL;
    const slot = slots.pool.take();
    if (slot === NIL) return NIL;
    slots.fill(slot, state.nextUpdateId++, transaction, offset, length);
    slots.memory[slot + SLOT_FLAGS] = WAITING | flags;
    let node = NIL;
    // Backwards, so that the slot's nodes (and the log's records) run forwards.
    for (let i = count - 1; i >= 0; i--) node = state.sets.add(slot, first + i, node);
    slots.memory[slot + SLOT_FIRST_NODE] = node;
    return slot;
  }

  /** The log block that the slot may have waited for is durable. */
  logDurable(slot: number): void {
    const { memory } = this.state.slots;
    const flags = memory[slot + SLOT_FLAGS];
    if ((flags & NEEDS_LOG) === 0 || !this.evidence.log.isDurableLow(memory[slot + SLOT_WAIT])) return;
    memory[slot + SLOT_FLAGS] = flags & ~NEEDS_LOG;
    this.trySubmit(slot);
  }

  /** Takes out of the waiting list the slots whose marks have become durable. */
  takeMarked(): void {
    const { slots } = this.state;
    const { markWaiters: waiters, pages } = this.evidence;
    if (waiters.length === 0 || this.revisionSeen === pages.revision) return;
    this.revisionSeen = pages.revision;
    let kept = 0;
    for (const slot of waiters) {
      if ((slots.flags[slot] & MARKING) === 0) continue;
      if (!this.evidence.marksDurable(slot)) {
        waiters[kept++] = slot;
        continue;
      }
      slots.flags[slot] &= ~(MARKING | NEEDS_MARK);
      this.trySubmit(slot);
      if ((slots.flags[slot] & (GIVEN_UP | RETIRED)) === GIVEN_UP) this.retireGivenUp(slot);
    }
    waiters.length = kept;
  }

  trySubmit(slot: number): void {
    const { slots, inFlight } = this.state;
    const { memory } = slots;
    const flags = memory[slot + SLOT_FLAGS];
    if ((flags & WAITING) === 0 || (flags & (NEEDS_LOG | NEEDS_MARK)) !== 0) return;
    if (this.state.primaryLost) return;
    if (this.isBlocked(slot)) {
      this.state.counters.waitedForOverlap++;
      return;
    }
    const areas = (flags & PRIMARY_ONLY) === 0 ? BOTH : 1;
    memory[slot + SLOT_FLAGS] = (flags & ~WAITING) | (SUBMITTED * areas);
    this.deadlines.start(slot);
    inFlight[PRIMARY]++;
    if (areas === BOTH) inFlight[SECONDARY]++;
    if ((flags & COPY) !== 0) {
      this.fx.submitCopy(slot, this.state.updateId(slot), slots.offset(slot), slots.length(slot));
    } else {
      const updateId = this.state.updateId(slot);
      const transactionId = this.state.transactionId(memory[slot + SLOT_TRANSACTION]);
      const offset = slots.offset(slot);
      const length = slots.length(slot);
      this.fx.submitWrite(slot, PRIMARY, updateId, transactionId, offset, length);
      if (areas === BOTH) this.fx.submitWrite(slot, SECONDARY, updateId, transactionId, offset, length);
    }
    if ((flags & GIVEN_UP) !== 0) this.retireGivenUp(slot);
  }

  /** R13, and for copies R10: an earlier update to the same bytes is not over on every device it was submitted to. */
  protected isBlocked(slot: number): boolean {
    const { slots, nodes, regions } = this.state;
    for (let own = slots.memory[slot + SLOT_FIRST_NODE]; own !== NIL; own = nodes.nextOfSlot(own)) {
      const first = regions.firstNode[nodes.entryOf(own)];
      for (let n = own; n !== first;) {
        n = nodes.prev[n];
        if (slots.overlap(nodes.slot[n], slot) && !this.isOver(nodes.slot[n])) return true;
      }
    }
    return false;
  }

  /** Submitted, and no I/O for it is under way any more. */
  protected isOver(slot: number): boolean {
    const f = this.state.slots.memory[slot + SLOT_FLAGS];
    return (f & WAITING) === 0 && ((f ^ (f >> ENDED_BEHIND_SUBMITTED)) & (SUBMITTED * BOTH)) === 0;
  }

  /** Later updates to the same regions may go now. */
  protected wakeBlocked(slot: number): void {
    const { slots, nodes } = this.state;
    for (let own = slots.memory[slot + SLOT_FIRST_NODE]; own !== NIL; own = nodes.nextOfSlot(own)) {
      for (let n = nodes.next[own]; n !== NIL; n = nodes.next[n]) {
        if ((slots.flags[nodes.slot[n]] & WAITING) !== 0) this.trySubmit(nodes.slot[n]);
      }
    }
  }
}
