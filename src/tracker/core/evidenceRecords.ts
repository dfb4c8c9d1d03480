/**
 * Evidence (R2): what makes a region dirty after a crash, held in the log (`L[t]`) or in the indicator area. Here it is
 * made and released; evidence.ts makes room for more.
 *
 * Every transaction that writes a region has its own write record for it; only the first write to a cold region waits
 * for its record.
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
} = layout;
const { RECORD_BEGIN, RECORD_WRITE, RECORD_RELEASE, RECORD_COMPLETE } = records;

export abstract class EvidenceRecords {
  readonly state: CoreState;
  readonly log: TransactionLog;
  readonly pages: IndicatorPages;
  readonly fx: CoreEffects;
  /** Slots whose marks are not durable yet. */
  readonly markWaiters: number[] = [];
  /** Transactions whose completion record found no room. */
  protected readonly uncompleted: number[] = [];
  /** Somebody waits for a block of the open commit, or wants it out. */
  protected urgent = false;
  /** Holdings and transactions that somebody found none of: lingering evidence makes room for them. */
  protected holdingsWanted = 0;
  protected transactionWanted = false;
  /** Room kept free for the commit that moves the tail, and for releases before it. */
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
   * Whether evidence for an update of so many regions can be made now. False: the open commit has to go first, or
   * lingering evidence has to make room; both happen at the next pump. Only a log that is nearly full itself is a
   * reason to mark regions instead (R9).
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

  /** Whether so many more regions can be known. If not: more linger than may, and the next pump makes an end of that. */
  hasRegions(count: number): boolean {
    return this.state.regions.pool.freeCount >= count;
  }

  /** A transaction found no place: lingering evidence of closed ones gives up its own. */
  wantTransaction(): void {
    this.transactionWanted = true;
  }

  /**
   * R2 for a new update: every region, `count` of them, gets evidence. Sets NEEDS_LOG or NEEDS_MARK while it is not durable.
   * Under log pressure, and while S is away, the evidence is the region's mark in the indicator area (R9).
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
    const t = slots.memory[nodes.slot[n] + SLOT_TRANSACTION];
    const { memory } = holdings;
    let h = held.memory[e + FIRST_HOLDING];
    while (h !== NIL && memory[h + HOLDING_TRANSACTION] !== t) h = memory[h + HOLDING_NEXT];
    if (h === NIL) h = this.writeRecord(t, e);
    memory[h + HOLDING_UNACKED]++;
    nodes.holding[n] = h;
    // A bit about to be cleared (R10) is nothing to rely on.
    if (held.memory[e + COPY_SLOT] !== CLEARING && this.pages.isEvidence(regions.region[e])) return -1;
    // Holdings stand in log order: the first is the first to be durable.
    const oldest = held.memory[e + FIRST_HOLDING];
    return this.isDurable(oldest) ? -1 : this.sequenceOf(oldest);
  }

  /** The log block with the holding's write record. */
  sequenceOf(h: number): number {
    return this.log.fullSequence(this.state.holdings.sequence[h]);
  }

  /** Whether the holding's write record is durable. */
  isDurable(h: number): boolean {
    return this.log.isDurableLow(this.state.holdings.memory[h + HOLDING_SEQUENCE]);
  }

  /** Claim 3: the location goes to the log for the transaction. */
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
   * Marks all regions of the slot in the indicator area. MARKING stands until that is durable, and so does NEEDS_MARK;
   * GIVEN_UP stays.
   */
  markAll(slot: number, flag: typeof NEEDS_MARK | typeof GIVEN_UP): void {
    const { slots, nodes, regions } = this.state;
    for (let n = slots.firstNode[slot]; n !== NIL; n = nodes.nextOfSlot(n)) {
      this.pages.mark(regions.region[nodes.entryOf(n)]);
    }
    if (flag === GIVEN_UP) slots.flags[slot] |= GIVEN_UP;
    if (this.marksDurable(slot)) return;
    slots.flags[slot] |= flag;
    if (flag === NEEDS_MARK) this.state.counters.waitedForMark++;
    if ((slots.flags[slot] & MARKING) === 0) this.markWaiters.push(slot);
    slots.flags[slot] |= MARKING;
  }

  /** Whether the marks of all the slot's regions are durable in both copies. */
  marksDurable(slot: number): boolean {
    const { slots, nodes, regions } = this.state;
    for (let n = slots.firstNode[slot]; n !== NIL; n = nodes.nextOfSlot(n)) {
      if (!this.pages.markDurable(regions.region[nodes.entryOf(n)])) return false;
    }
    return true;
  }

  /** One update of the holding's transaction to its region is settled (R5). */
  retired(n: number): void {
    const { nodes, holdings } = this.state;
    const h = nodes.holding[n];
    nodes.holding[n] = NIL;
    if (h !== NIL) holdings.memory[h + HOLDING_UNACKED]--;
  }

  /**
   * R5 for a region: evidence of transactions without unacknowledged updates to it goes, but for one that lingers.
   * What other transactions' updates in flight rely on is their own, older, record in the log.
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
    if (regions.unackedCount[e] === 0 && held.memory[e + FIRST_HOLDING] !== NIL)
      held.linger(e, nowMs + config.lingerMs);
  }

  /**
   * Whether other evidence of the region serves the next write as well: a durable record that is newer (an old one would
   * hold the log's tail back) or in use anyway; for a record that is not durable yet, one that will be sooner. So an
   * idle region keeps its newest durable record and at most one more.
   */
  protected isDispensable(e: number, h: number): boolean {
    const { holdings, held } = this.state;
    if (held.memory[e + FIRST_HOLDING] === held.memory[e + LAST_HOLDING]) return false;
    const isDurable = this.isDurable(h);
    let isOlder = true;
    for (let x = held.firstHolding[e]; x !== NIL; x = holdings.next[x]) {
      if (x === h) isOlder = false;
      else if (this.isDurable(x)) {
        if (!isOlder || holdings.unacked[x] > 0) return true;
      } else if (isOlder && !isDurable) return true;
    }
    return false;
  }

  /** Appends the release of one region by one transaction; false when the log has no room for it now. */
  protected release(h: number): boolean {
    const { holdings, transactions, nowMs, counters, journalLost, regions } = this.state;
    if (journalLost || !this.log.hasRoom(1, this.reserveBlocks / 2)) return false;
    const { memory } = holdings;
    const t = memory[h + HOLDING_TRANSACTION];
    const isLast = transactions.memory[t + TRANSACTION_HOLDINGS] === 1;
    if (isLast && transactions.isOver(t)) {
      // The completion record takes back all that the transaction still has in the log (R6, R7).
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

  /** Takes the holding out of memory. */
  protected forget(h: number): void {
    const { holdings, transactions, held } = this.state;
    const t = holdings.memory[h + HOLDING_TRANSACTION];
    holdings.remove(h, held);
    transactions.memory[t + TRANSACTION_HOLDINGS]--;
    this.completeIfDone(t);
  }

  /** R6: the transaction is closed and nothing of it is left. Frees its place in memory. */
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
    transactions.state[t] &= ~(BEGUN | CLOSED);
    transactions.pool.give(t);
  }
}
