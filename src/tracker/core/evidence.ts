/**
 * Lingering evidence, log pressure and group commit. The evidence of an idle region lingers in the log, so that the
 * next write to the region need not wait for a log record. It is released when its time is over, when too many regions
 * linger, or when the log needs its space (R9, I5). Group commit decides when the open commit is written.
 */
import { EvidenceRecords } from './evidenceRecords.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const {
  NIL,
  FIRST_HOLDING,
  HOLDING_NEXT,
  FIRST_NODE,
  HOLDING_ENTRY,
  HOLDING_SEQUENCE,
  HOLDING_TRANSACTION,
  HOLDING_UNACKED,
  NODE_HOLDING,
  NODE_NEXT,
  UNACKED,
} = layout;

/** While a commit is in flight, one in so many updates waits for the open one before it is written. */
const UPDATES_PER_WAITER = 4;

export class Evidence extends EvidenceRecords {
  /** Releases lingering evidence whose time is over, or that exceeds a limit. `all`: releases all of it. */
  expire(all: boolean): void {
    const { config, nowMs, counters, held, holdings } = this.state;
    for (;;) {
      const e = held.oldestLingering;
      if (e === NIL) break;
      const late = held.lingersUntilMs(e) <= nowMs;
      const tooMany = held.lingeringCount > config.hotRegions;
      const wanted = holdings.pool.freeCount < this.holdingsWanted;
      if (!all && !late && !tooMany && !wanted) break;
      if (!this.releaseRegion(e)) break;
      if (late) counters.lingerExpiries++;
      else counters.evictions++;
    }
    this.holdingsWanted = 0;
    for (let i = this.uncompleted.length; i > 0; i--) this.completeIfDone(this.uncompleted.shift()!);
    if (this.transactionWanted) this.freeTransaction();
  }

  /** Releases the longest idle evidence that keeps a closed transaction in memory. */
  protected freeTransaction(): void {
    const { transactions, held, counters } = this.state;
    this.transactionWanted = false;
    for (let e = held.oldestLingering; e !== NIL && transactions.pool.freeCount === 0;) {
      const next = held.nextLingering(e);
      if (this.keepsClosedTransaction(e)) {
        if (!this.releaseRegion(e)) return;
        counters.evictions++;
      }
      e = next;
    }
  }

  protected keepsClosedTransaction(e: number): boolean {
    const { held, holdings, transactions } = this.state;
    for (let h = held.memory[e + FIRST_HOLDING]; h !== NIL; h = holdings.memory[h + HOLDING_NEXT]) {
      if (transactions.isOver(holdings.memory[h + HOLDING_TRANSACTION])) return true;
    }
    return false;
  }

  /** Releases all evidence of an idle region; false when the log has no room now. */
  protected releaseRegion(e: number): boolean {
    const { held, holdings } = this.state;
    for (let h = held.memory[e + FIRST_HOLDING]; h !== NIL;) {
      const next = holdings.memory[h + HOLDING_NEXT];
      if (!this.release(h)) return false;
      h = next;
    }
    held.stopLingering(e);
    this.state.releaseIfIdle(e);
    return true;
  }

  /**
   * Log pressure (I5): the tail moves past the oldest evidence, without a release record. An idle region needs no
   * evidence. A region with updates is marked in the indicator area first (R9).
   */
  relievePressure(): void {
    const { holdings, regions, counters } = this.state;
    const { log } = this;
    const size = log.config.ringBlocks;
    if (log.freeBlocks >= Math.max(size / 4, 2 * this.reserveBlocks)) return;
    const target = log.durableTail + size / 4;
    const marking = log.freeBlocks < 2 * this.reserveBlocks;
    for (let h = holdings.inLogOrder.head; h !== NIL && this.sequenceOf(h) < target;) {
      const next = holdings.inLogOrder.next(h);
      const e = holdings.memory[h + HOLDING_ENTRY];
      if (!this.isDurable(h)) break;
      if (regions.memory[e + UNACKED] === 0 && holdings.memory[h + HOLDING_UNACKED] === 0) {
        counters.pressureDrops++;
        this.drop(h);
      } else if (this.pages.isEvidence(regions.region[e])) {
        this.drop(h);
      } else if (marking && this.pages.mark(regions.region[e])) {
        counters.pressureMarks++;
      }
      h = next;
    }
    log.moveTail();
    // A commit that only moves the tail must free more blocks than it takes. Otherwise each one would cause the next.
    if (log.tailGain > 0) this.urgent = true;
  }

  /** The holding's evidence is not needed any more, or is in the indicator area: the tail may pass it at once. */
  protected drop(h: number): void {
    const { holdings, nodes, regions, held } = this.state;
    const e = holdings.memory[h + HOLDING_ENTRY];
    for (let n = regions.memory[e + FIRST_NODE]; n !== NIL; n = nodes.memory[n + NODE_NEXT]) {
      if (nodes.memory[n + NODE_HOLDING] === h) nodes.memory[n + NODE_HOLDING] = NIL;
    }
    this.log.freeLow(holdings.memory[h + HOLDING_SEQUENCE]);
    this.forget(h);
    if (held.memory[e + FIRST_HOLDING] === NIL) held.stopLingering(e);
    this.state.releaseIfIdle(e);
  }

  /** Requests that the next pump writes the open commit. */
  hurry(): void {
    this.urgent = true;
  }

  /**
   * Group commit: seals the commits that should be written now, and hands them out. Returns their number.
   *
   * With no commit in flight the first update that waits is written at once. While one is in flight, others join the
   * open commit, until a share of all updates waits for it: many small commits would cost the journal and the host more
   * than they save.
   */
  commitIfDue(): number {
    const { config, nowMs, counters, slots } = this.state;
    for (let commits = 0; ; commits++) {
      const { log } = this;
      const full = !log.hasRoom(1, 0);
      const aged = log.openRecords > 0 && nowMs - log.openSinceMs >= config.groupCommitMs;
      const { openWaiters } = log;
      const awaited =
        openWaiters > 0 && (log.inFlight === 0 || openWaiters * UPDATES_PER_WAITER >= slots.pool.usedCount);
      const wanted = this.urgent || awaited || aged || full;
      if (!wanted || !log.canSeal()) return commits;
      if (log.openRecords === 0 && !log.tailUnsaid) {
        this.urgent = false;
        return commits;
      }
      this.urgent = false;
      counters.commits++;
      this.fx.writeLog(log.seal());
    }
  }
}
