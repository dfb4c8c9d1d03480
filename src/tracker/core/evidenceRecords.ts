/**
 * Evidence (R2) makes a region dirty after a crash. It is in the log (`L[t]`) or in the indicator area. This file makes
 * and releases it; evidence.ts frees space for more.
 *
 * Each transaction that writes a region has its own write record for it. Only the first write to a region without
 * evidence waits for its record.
 */
import type { CoreEffects } from './effects.js';
import { IndicatorPages } from './indicatorPages.js';
import type { CoreState } from './state.js';
import { TransactionLog } from './transactionLog.js';
import * as records from './transactionLog.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const {
  NEEDS_LOG,
  NEEDS_MARK,
  GIVEN_UP,
  MARKING,
  CLOSED,
  BEGUN,
  CLEARING,
  NIL,
  FIRST_HOLDING,
  LAST_HOLDING,
  COPY_SLOT,
  SLOT_FIRST_NODE,
  SLOT_TRANSACTION,
  SLOT_WAIT,
  SLOT_FLAGS,
  HOLDING_TRANSACTION,
  HOLDING_ENTRY,
  HOLDING_SEQUENCE,
  HOLDING_UNACKED,
  HOLDING_NEXT,
  TRANSACTION_HOLDINGS,
  TRANSACTION_STATE,
  NODE_HOLDING,
  NODE_SLOT,
  UNACKED,
} = layout;
const { RECORD_BEGIN, RECORD_WRITE, RECORD_RELEASE, RECORD_COMPLETE } = records;

export abstract class EvidenceRecords {
  readonly state: CoreState;
  readonly log: TransactionLog;
  readonly pages: IndicatorPages;
  readonly fx: CoreEffects;
  /** Slots whose marks are not durable yet. */
  readonly markWaiters: number[] = [];
  /** Transactions whose completion record had no room in the log. */
  protected readonly uncompleted: number[] = [];
  /** The next pump writes the open commit. */
  protected urgent = false;
  /** Holdings and transactions that were requested while none was free. Lingering evidence is released for them. */
  protected holdingsWanted = 0;
  protected transactionWanted = false;
  /** Blocks kept free for release records and for the commit that moves the tail past them. */
  protected readonly reserveBlocks: number;

  constructor(state: CoreState, log: TransactionLog, pages: IndicatorPages, fx: CoreEffects) {
    this.state = state;
    this.log = log;
    this.pages = pages;
    this.fx = fx;
    this.reserveBlocks = Math.max(2 * log.config.blocksPerUnit, Math.floor(log.config.ringBlocks / 8));
  }

  get hotRegions(): number {
    return this.state.held.lingeringCount;
  }

  /**
   * Whether evidence for an update of `regionCount` regions can be made now. If not, the next pump writes the open
   * commit or releases lingering evidence. Regions are marked instead only when the log itself is nearly full (R9).
   */
  admits(regionCount: number): boolean {
    const { state, log } = this;
    if (state.secondaryAway) return true;
    if (state.holdings.pool.freeCount < regionCount) {
      this.holdingsWanted = Math.max(this.holdingsWanted, regionCount);
      return false;
    }
    if (!log.isFullFor(regionCount + 1) || log.freeBlocks < this.reserveBlocks) return true;
    this.urgent = true;
    return false;
  }

  /** Whether `count` more region entries are free. If not, too many regions linger; the next pump releases some. */
  hasRegions(count: number): boolean {
    return this.state.regions.pool.freeCount >= count;
  }

  /** `begin` found no free transaction: the next pump releases lingering evidence of a closed one. */
  wantTransaction(): void {
    this.transactionWanted = true;
  }

  /**
   * R2 for a new update: makes evidence for each of its `count` regions. Sets NEEDS_LOG or NEEDS_MARK while the
   * evidence is not durable. Under log pressure, and while S is away, the evidence is the region's mark in the
   * indicator area (R9).
   */
  obtain(slot: number, count: number): void {
    const { slots, nodes, held } = this.state;
    const inLog =
      !this.state.secondaryAway &&
      this.log.hasRoom(count + 1, this.reserveBlocks) &&
      this.state.holdings.pool.freeCount >= count;
    let waitFor = -1;
    for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n)) {
      held.stopLingering(nodes.entryOf(n));
      if (inLog) waitFor = Math.max(waitFor, this.obtainInLog(n));
    }
    if (!inLog) {
      this.markAll(slot, NEEDS_MARK);
    } else if (waitFor >= 0 && this.log.waitFor(waitFor, slot)) {
      slots.memory[slot + SLOT_WAIT] = waitFor;
      slots.memory[slot + SLOT_FLAGS] |= NEEDS_LOG;
      this.state.counters.waitedForLog++;
    } else {
      this.state.counters.freeRides++;
    }
  }

  /** Returns the log block that makes the region's evidence durable, or -1 when it has durable evidence already. */
  protected obtainInLog(n: number): number {
    const { nodes, holdings, regions, held, slots } = this.state;
    const e = nodes.entryOf(n);
    const t = slots.memory[nodes.memory[n + NODE_SLOT] + SLOT_TRANSACTION];
    const { memory } = holdings;
    let h = held.memory[e + FIRST_HOLDING];
    while (h !== NIL && memory[h + HOLDING_TRANSACTION] !== t) h = memory[h + HOLDING_NEXT];
    if (h === NIL) h = this.writeRecord(t, e);
    memory[h + HOLDING_UNACKED]++;
    nodes.memory[n + NODE_HOLDING] = h;
    // A bit that is about to be cleared (R10) is no evidence.
    if (held.memory[e + COPY_SLOT] !== CLEARING && this.pages.isEvidence(regions.region[e])) return -1;
    // Holdings are in log order: the first one becomes durable first.
    const oldest = held.memory[e + FIRST_HOLDING];
    return this.isDurable(oldest) ? -1 : this.sequenceOf(oldest);
  }

  /** The log block with the holding's write record. */
  sequenceOf(h: number): number {
    return this.log.fullSequence(this.state.holdings.memory[h + HOLDING_SEQUENCE]);
  }

  /** Whether the holding's write record is durable. */
  isDurable(h: number): boolean {
    return this.log.isDurableLow(this.state.holdings.memory[h + HOLDING_SEQUENCE]);
  }

  /** Claim 3: writes the region to the log for the transaction. */
  protected writeRecord(t: number, e: number): number {
    const { holdings, regions, held, transactions, nowMs, counters } = this.state;
    const id = this.state.transactionId(t);
    const ofTransactions = transactions.memory;
    if ((ofTransactions[t + TRANSACTION_STATE] & BEGUN) === 0) {
      ofTransactions[t + TRANSACTION_STATE] |= BEGUN;
      this.log.append(RECORD_BEGIN, id, 0, 0, nowMs);
      counters.begins++;
    }
    const sequence = this.log.append(RECORD_WRITE, id, regions.region[e], 1, nowMs);
    counters.writeRecords++;
    ofTransactions[t + TRANSACTION_HOLDINGS]++;
    return holdings.add(t, e, sequence, held);
  }

  /**
   * Marks all regions of the slot in the indicator area. MARKING and NEEDS_MARK are removed when the marks are durable;
   * GIVEN_UP stays.
   */
  markAll(slot: number, flag: typeof NEEDS_MARK | typeof GIVEN_UP): void {
    const { slots, nodes, regions } = this.state;
    for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n)) {
      this.pages.mark(regions.region[nodes.entryOf(n)]);
    }
    if (flag === GIVEN_UP) slots.memory[slot + SLOT_FLAGS] |= GIVEN_UP;
    if (this.marksDurable(slot)) return;
    slots.memory[slot + SLOT_FLAGS] |= flag;
    if (flag === NEEDS_MARK) this.state.counters.waitedForMark++;
    if ((slots.memory[slot + SLOT_FLAGS] & MARKING) === 0) this.markWaiters.push(slot);
    slots.memory[slot + SLOT_FLAGS] |= MARKING;
  }

  /** Whether the marks of all the slot's regions are durable in both copies. */
  marksDurable(slot: number): boolean {
    const { slots, nodes, regions } = this.state;
    for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n)) {
      if (!this.pages.markDurable(regions.region[nodes.entryOf(n)])) return false;
    }
    return true;
  }

  /** The node's update retires: its holding has one unacknowledged update less (R5). */
  retired(n: number): void {
    const { nodes, holdings } = this.state;
    const h = nodes.memory[n + NODE_HOLDING];
    nodes.memory[n + NODE_HOLDING] = NIL;
    if (h !== NIL) holdings.memory[h + HOLDING_UNACKED]--;
  }

  /**
   * R5 for a region: releases the evidence of transactions that have no unacknowledged update to it, except the
   * evidence that lingers. Updates of other transactions rely on their own records.
   */
  prune(e: number): void {
    const { holdings, regions, held, config, nowMs } = this.state;
    const { memory } = holdings;
    let h = held.memory[e + FIRST_HOLDING];
    while (h !== NIL) {
      const next = memory[h + HOLDING_NEXT];
      if (memory[h + HOLDING_UNACKED] === 0 && this.isDispensable(e, h)) this.release(h);
      h = next;
    }
    if (regions.memory[e + UNACKED] === 0 && held.memory[e + FIRST_HOLDING] !== NIL)
      held.linger(e, nowMs + config.lingerMs);
  }

  /**
   * Whether other evidence of the region serves the next write as well as this one. That is a durable record that is
   * newer (an older one holds the log's tail back) or is in use anyway. For a record that is not durable yet it is also
   * one that becomes durable earlier. So an idle region keeps its newest durable record and at most one more.
   */
  protected isDispensable(e: number, h: number): boolean {
    const { holdings, held } = this.state;
    if (held.memory[e + FIRST_HOLDING] === held.memory[e + LAST_HOLDING]) return false;
    const isDurable = this.isDurable(h);
    let isOlder = true;
    for (let x = held.memory[e + FIRST_HOLDING]; x !== NIL; x = holdings.memory[x + HOLDING_NEXT]) {
      if (x === h) isOlder = false;
      else if (this.isDurable(x)) {
        if (!isOlder || holdings.memory[x + HOLDING_UNACKED] > 0) return true;
      } else if (isOlder && !isDurable) return true;
    }
    return false;
  }

  /** Appends a record that releases the holding; false when the log has no room for it now. */
  protected release(h: number): boolean {
    const { holdings, transactions, nowMs, counters, journalLost, regions } = this.state;
    if (journalLost || !this.log.hasRoom(1, this.reserveBlocks / 2)) return false;
    const { memory } = holdings;
    const t = memory[h + HOLDING_TRANSACTION];
    const isLast = transactions.memory[t + TRANSACTION_HOLDINGS] === 1;
    if (isLast && transactions.isOver(t)) {
      // The completion record releases everything that the transaction still has in the log (R6, R7).
      this.log.append(RECORD_COMPLETE, this.state.transactionId(t), 0, 0, nowMs);
      counters.completions++;
      transactions.memory[t + TRANSACTION_STATE] &= ~BEGUN;
    } else {
      this.log.append(RECORD_RELEASE, this.state.transactionId(t), regions.region[memory[h + HOLDING_ENTRY]], 1, nowMs);
      counters.releases++;
    }
    this.log.freeLow(memory[h + HOLDING_SEQUENCE]);
    this.forget(h);
    return true;
  }

  /** Removes the holding from memory. */
  protected forget(h: number): void {
    const { holdings, transactions, held } = this.state;
    const t = holdings.memory[h + HOLDING_TRANSACTION];
    holdings.remove(h, held);
    transactions.memory[t + TRANSACTION_HOLDINGS]--;
    this.completeIfDone(t);
  }

  /** R6: if the transaction is closed and `L[t]` is empty, appends its completion record and frees it in memory. */
  completeIfDone(t: number): void {
    const { transactions, nowMs, counters, journalLost } = this.state;
    if (!transactions.isOver(t) || transactions.memory[t + TRANSACTION_HOLDINGS] > 0) return;
    if ((transactions.memory[t + TRANSACTION_STATE] & BEGUN) !== 0 && !journalLost) {
      if (!this.log.hasRoom(1, this.reserveBlocks / 2)) {
        if (!this.uncompleted.includes(t)) this.uncompleted.push(t);
        return;
      }
      this.log.append(RECORD_COMPLETE, this.state.transactionId(t), 0, 0, nowMs);
      counters.completions++;
    }
    transactions.memory[t + TRANSACTION_STATE] &= ~(BEGUN | CLOSED);
    transactions.pool.give(t);
  }
}
