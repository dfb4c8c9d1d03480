/**
 * Updates and copies until their submission: each waits for its evidence (R2) and for earlier ones to the same bytes
 * (R13, for copies R10). updates.ts has what follows.
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
  FIRST_NODE,
  NODE_NEXT,
  NODE_PREV,
  NODE_SLOT,
} = layout;

/** Bits from SUBMITTED to ENDED. */
const ENDED_BEHIND_SUBMITTED = Math.log2(ENDED / SUBMITTED);

/** The classes that `Updates` is built of. */
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
  /** `pages.revision` when the mark waiters were last checked. */
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

  /** Retires an update that was given up, once its marks are durable (R9). */
  protected abstract retireGivenUp(slot: number): void;

  /** Takes a slot and a node for each of `count` regions from `first` on; NIL when slots or nodes are in use. */
  enter(transaction: number, offset: number, length: number, first: number, count: number, flags: number): number {
    const { state } = this;
    const { slots, nodes } = state;
    if (nodes.freeCount < count || !this.evidence.hasRegions(count)) return NIL;
    const slot = ((flags & COPY) === 0 ? slots.pool : slots.copyPool).take();
    if (slot === NIL) return NIL;
    slots.fill(slot, state.nextUpdateId++, transaction, offset, length);
    slots.memory[slot + SLOT_FLAGS] = WAITING | flags;
    let node = NIL;
    // Backwards, so that the slot's list of nodes, and with it the log records, are in ascending order.
    for (let i = count - 1; i >= 0; i--) node = state.sets.add(slot, first + i, node);
    slots.memory[slot + SLOT_FIRST_NODE] = node;
    return slot;
  }

  /** A log block that the slot may wait for is durable. */
  logDurable(slot: number): void {
    const { memory } = this.state.slots;
    const flags = memory[slot + SLOT_FLAGS];
    if ((flags & NEEDS_LOG) === 0 || !this.evidence.log.isDurableLow(memory[slot + SLOT_WAIT])) return;
    memory[slot + SLOT_FLAGS] = flags & ~NEEDS_LOG;
    this.trySubmit(slot);
  }

  /** Submits the slots whose marks have become durable. */
  takeMarked(): void {
    const { slots } = this.state;
    const { markWaiters: waiters, pages } = this.evidence;
    if (waiters.length === 0 || this.revisionSeen === pages.revision) return;
    this.revisionSeen = pages.revision;
    let kept = 0;
    for (const slot of waiters) {
      if ((slots.memory[slot + SLOT_FLAGS] & MARKING) === 0) continue;
      if (!this.evidence.marksDurable(slot)) {
        waiters[kept++] = slot;
        continue;
      }
      slots.memory[slot + SLOT_FLAGS] &= ~(MARKING | NEEDS_MARK);
      this.trySubmit(slot);
      if ((slots.memory[slot + SLOT_FLAGS] & (GIVEN_UP | RETIRED)) === GIVEN_UP) this.retireGivenUp(slot);
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

  /** R13, and for copies R10: whether an earlier update to the same bytes still waits or is in flight. */
  protected isBlocked(slot: number): boolean {
    const { slots, nodes, regions } = this.state;
    for (let own = slots.memory[slot + SLOT_FIRST_NODE]; own !== NIL; own = nodes.nextOfSlot(own)) {
      const first = regions.memory[nodes.entryOf(own) + FIRST_NODE];
      for (let n = own; n !== first;) {
        n = nodes.memory[n + NODE_PREV];
        if (slots.overlap(nodes.memory[n + NODE_SLOT], slot) && !this.isOver(nodes.memory[n + NODE_SLOT])) return true;
      }
    }
    return false;
  }

  /** Whether it was submitted and no I/O of it is in flight. */
  protected isOver(slot: number): boolean {
    const f = this.state.slots.memory[slot + SLOT_FLAGS];
    return (f & WAITING) === 0 && ((f ^ (f >> ENDED_BEHIND_SUBMITTED)) & (SUBMITTED * BOTH)) === 0;
  }

  /** Submits later updates to the same regions, if nothing else blocks them. */
  protected wakeBlocked(slot: number): void {
    const { slots, nodes } = this.state;
    for (let own = slots.memory[slot + SLOT_FIRST_NODE]; own !== NIL; own = nodes.nextOfSlot(own)) {
      for (let n = nodes.memory[own + NODE_NEXT]; n !== NIL; n = nodes.memory[n + NODE_NEXT]) {
        if ((slots.memory[nodes.memory[n + NODE_SLOT] + SLOT_FLAGS] & WAITING) !== 0)
          this.trySubmit(nodes.memory[n + NODE_SLOT]);
      }
    }
  }
}
