/**
 * Evidence whose region has gone quiet lingers, so that a write meanwhile need not wait for a log record. It leaves when
 * its time is up, when too many regions linger, or when the log needs the room (R9, I5). And group commit: when the open
 * commit is written.
 */
import { EvidenceRecords } from './evidenceRecords.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { NIL, FIRST_HOLDING, HOLDING_NEXT } = layout;

export class Evidence extends EvidenceRecords {
  /** Time has passed: lingering evidence whose time is up, or that is too much, goes. `all`: none may stay. */
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

  /** Closed transactions that only lingering evidence keeps: the one idle for longest goes. */
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
    for (let h = held.firstHolding[e]; h !== NIL; h = holdings.next[h]) {
      if (transactions.isOver(holdings.transaction[h])) return true;
    }
    return false;
  }

  /** Releases all evidence of a quiet region; false when the log has no room now. */
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
   * Log pressure (I5): the oldest evidence leaves the log without a record of its own; the tail moves past it.
   * Quiet regions need none; the others' is moved to the indicator area first (R9).
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
      const e = holdings.entry[h];
      if (!this.isDurable(h)) break;
      if (regions.unackedCount[e] === 0 && holdings.unacked[h] === 0) {
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
    // A commit for the tail alone must free more than it takes, or each would give reason for the next, for ever.
    if (log.tailGain > 0) this.urgent = true;
  }

  /** The holding's evidence is not needed any more, or stands elsewhere: the tail may pass it at once. */
  protected drop(h: number): void {
    const { holdings, nodes, regions, held } = this.state;
    const e = holdings.entry[h];
    for (let n = regions.firstNode[e]; n !== NIL; n = nodes.next[n]) {
      if (nodes.holding[n] === h) nodes.holding[n] = NIL;
    }
    this.log.freeLow(holdings.sequence[h]);
    this.forget(h);
    if (held.firstHolding[e] === NIL) held.stopLingering(e);
    this.state.releaseIfIdle(e);
  }

  /** Asks for the open commit to be written at the next occasion. */
  hurry(): void {
    this.urgent = true;
  }

  /** Group commit: seals and hands out what should be written now; returns how many commits. */
  commitIfDue(): number {
    const { config, nowMs, counters } = this.state;
    for (let commits = 0; ; commits++) {
      const { log } = this;
      const full = !log.hasRoom(1, 0);
      const aged = log.openRecords > 0 && nowMs - log.openSinceMs >= config.groupCommitMs;
      const wanted = this.urgent || log.openHasWaiters || aged || full;
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
