/**
 * The engine's core: a pure state machine, (state, input) → effects. It knows no clock, no device and no byte; the same
 * core is driven by real devices, by the crash explorer and by the tests.
 *
 * Promises R1 to R10 and R13 (docs/PROTOCOL.md) for whatever order its inputs come in. Does not know
 * how records and pages are laid out (src/tracker/journal/), nor what data is written.
 *
 * Inputs are cheap and only note; `pump` decides what to write, flush and copy. Call it after each batch of inputs.
 */
import { UPDATE_BYTES_END } from './config.js';
import { CoreStatus } from './coreStatus.js';
import type { DeviceIndex } from './devices.js';
import * as devices from './devices.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { PRIMARY, SECONDARY, JOURNAL } = devices;
const { CLOSED, NIL } = layout;

/** `obtain`: no slot is free just now; ask again after the next completions. */
export const BUSY = NIL;
/** `obtain`: refused: P or the journal is gone, so no evidence can be made (R2). */
export const REFUSED = -2;

/** Journal tickets: commits are their index, pages come behind. */
const FIRST_PAGE_TICKET = 1024;

export class Core extends CoreStatus {
  /** A new transaction: its place, or BUSY, or REFUSED when no update would be taken. */
  begin(): number {
    const { transactions, primaryLost, journalLost } = this.state;
    if (primaryLost || journalLost) return REFUSED;
    const t = transactions.pool.take();
    if (t === NIL) {
      this.evidence.wantTransaction();
      return BUSY;
    }
    transactions.fill(t, this.state.nextTransactionId++);
    return t;
  }

  /** The application will write no more in this transaction. The place must not be used afterwards. */
  close(transaction: number, nowMs: number): void {
    this.state.nowMs = nowMs;
    this.state.transactions.state[transaction] |= CLOSED;
    this.evidence.completeIfDone(transaction);
  }

  /** Obtains an update for replication (R1). Returns its slot, BUSY, or REFUSED. */
  obtain(transaction: number, offset: number, length: number, nowMs: number): number {
    const { state } = this;
    state.nowMs = nowMs;
    const { usableBytes } = state.config;
    if (!(offset >= 0 && length > 0 && length < UPDATE_BYTES_END && offset + length <= usableBytes)) {
      throw new RangeError(
        `update at ${offset}, ${length} bytes: must lie within 0 … ${usableBytes} and be below 4 GiB`,
      );
    }
    if (state.primaryLost || state.journalLost) return REFUSED;
    if (this.openingCommits > 0) return BUSY;
    return this.updates.obtain(transaction, offset, length);
  }

  /** An area has ended the I/O of a slot. `ok`: no error. An error means that the area is lost. */
  completed(area: typeof PRIMARY | typeof SECONDARY, slot: number, updateId: number, ok: boolean, nowMs: number): void {
    this.state.nowMs = nowMs;
    const expected = this.updates.completed(area, slot, updateId, ok);
    if (expected && !ok) this.deviceLost(area, nowMs);
  }

  /** A part of a resync copy has been read from P or written to S; the other area is asked now. */
  copyAwaits(area: typeof PRIMARY | typeof SECONDARY, slot: number, updateId: number, nowMs: number): void {
    this.state.nowMs = nowMs;
    this.updates.deadlines.copyAwaits(area, slot, updateId);
  }

  /** A flush has ended. An error ends the power epoch: nothing it should have covered is durable. */
  flushed(device: DeviceIndex, ok: boolean, nowMs: number): void {
    this.state.nowMs = nowMs;
    this.flushes[device]--;
    if (device === JOURNAL) this.journalHeardMs = nowMs;
    if (!ok) this.deviceLost(device, nowMs);
    else if (device !== JOURNAL) this.updates.flushed(device);
    else
      for (let t = this.epochs[JOURNAL].takeCovered(); t !== -1; t = this.epochs[JOURNAL].takeCovered())
        this.journalDurable(t);
  }

  /** Both copies of a log commit are written. */
  logWritten(commit: number, ok: boolean, nowMs: number): void {
    this.journalEnded(commit, ok, nowMs);
  }

  /** A page of the indicator area is written. */
  pageWritten(group: number, ok: boolean, nowMs: number): void {
    this.journalEnded(FIRST_PAGE_TICKET + group, ok, nowMs);
  }

  protected journalEnded(ticket: number, ok: boolean, nowMs: number): void {
    this.state.nowMs = this.journalHeardMs = nowMs;
    this.journalInFlight--;
    if (!ok) this.deviceLost(JOURNAL, nowMs);
    else if (this.state.journalLost) return;
    else if (this.state.config.durableOnCompletion.journal) this.journalDurable(ticket);
    else this.epochs[JOURNAL].completed(ticket, nowMs);
  }

  protected journalDurable(ticket: number): void {
    if (ticket >= FIRST_PAGE_TICKET) {
      this.pages.written(ticket - FIRST_PAGE_TICKET);
      return;
    }
    this.log.written(ticket, (commit) => {
      for (const slot of commit.waiters) this.updates.logDurable(slot);
    });
  }

  /**
   * A device is gone, or its power epoch has ended (error, reset, power loss). S: the engine goes on without it. P: all
   * is given up. Journal: no evidence can be made any more, what needs some is refused.
   */
  deviceLost(device: DeviceIndex, nowMs: number): void {
    const { state } = this;
    state.nowMs = nowMs;
    if (device === SECONDARY) {
      if (state.secondaryAway) return;
      state.secondaryAway = true;
    } else if (device === PRIMARY) {
      if (state.primaryLost) return;
      state.primaryLost = true;
    } else {
      if (state.journalLost) return;
      state.journalLost = true;
      while (this.epochs[JOURNAL].takeLost() !== -1);
      // No mark becomes durable any more.
      this.evidence.markWaiters.length = 0;
    }
    if (device !== JOURNAL) this.updates.endEpoch(device);
    this.updates.areaLost(device);
    this.resync.abort();
  }

  /** S is back, identified, and nothing of before is in flight on it. Its regions still await resync. */
  attachSecondary(): boolean {
    if (this.state.inFlight[SECONDARY] > 0 || this.flushes[SECONDARY] > 0) return false;
    this.state.secondaryAway = false;
    return true;
  }

  /** A region that was found to differ by other means (a full comparison): it awaits resync from now on. */
  markForResync(region: number): void {
    this.state.indicators.set(region);
    this.pages.mark(region);
  }

  startResync(): void {
    this.resync.start();
  }

  stopResync(): void {
    this.resync.stop();
  }

  /** Shutdown: nothing new comes; all evidence may leave the log now. R9 for what does not end in time: `giveUpAll`. */
  drain(): void {
    this.drainRequested = true;
    this.resync.stop();
  }

  /** R9 for everything in flight. */
  giveUpAll(nowMs: number): void {
    this.state.nowMs = nowMs;
    this.updates.areaLost(SECONDARY);
  }

  /** Decides what to do now, and hands the effects out. */
  pump(nowMs: number): void {
    const { state } = this;
    state.nowMs = nowMs;
    this.checkDeadlines();
    this.updates.takeMarked();
    if (!state.journalLost) {
      this.resync.schedule();
      this.updates.copies.clearDue();
      this.evidence.expire(this.drainRequested);
      this.evidence.relievePressure();
      this.writeJournal();
    }
    this.flushIfDue();
  }

  protected checkDeadlines(): void {
    const { nowMs, counters, config, journalLost } = this.state;
    const journalBusy = this.journalInFlight + this.flushes[JOURNAL] > 0;
    if (!journalBusy) this.journalHeardMs = nowMs;
    else if (nowMs - this.journalHeardMs >= config.ackTimeoutMs && !journalLost) {
      counters.timeouts++;
      this.deviceLost(JOURNAL, nowMs);
    }
    const oldest = this.updates.deadlines.overdue();
    if (oldest === NIL) return;
    counters.timeouts++;
    this.deviceLost(this.updates.deadlines.unanswering(oldest), nowMs);
  }

  protected writeJournal(): void {
    const { state } = this;
    while (this.journalInFlight < state.config.journalDepth) {
      const page = this.pages.nextWrite();
      if (page === null) break;
      this.journalInFlight++;
      state.counters.pageWrites++;
      this.fx.writePage(page.group, page.copy, this.pages.awaiting);
    }
    if (this.openingCommits > 0) {
      // R11: the log is reused only when D is durable in the indicator area.
      if (this.pages.pendingGroups > 0 || this.log.inFlight > 0) return;
      this.openingCommits--;
      this.journalInFlight++;
      this.fx.writeLog(this.log.seal());
      return;
    }
    this.journalInFlight += this.evidence.commitIfDue();
  }

  protected flushIfDue(): void {
    const { config, nowMs, secondaryAway, primaryLost, journalLost, inFlight } = this.state;
    for (const area of [PRIMARY, SECONDARY] as const) {
      const epoch = this.epochs[area];
      if (epoch.uncovered === 0 || this.flushes[area] > 0 || (area === PRIMARY ? primaryLost : secondaryAway)) continue;
      const many = epoch.uncovered >= config.flushEveryWrites;
      const late = nowMs - epoch.pendingSinceMs >= config.flushIntervalMs;
      // Nothing else is in flight that the flush could cover as well: waiting longer only costs the application time.
      const idle = inFlight[area] === 0;
      if (many || late || idle) this.submitFlush(area);
    }
    if (!journalLost && this.epochs[JOURNAL].uncovered > 0 && this.flushes[JOURNAL] === 0) this.submitFlush(JOURNAL);
  }

  protected submitFlush(device: DeviceIndex): void {
    this.flushes[device]++;
    this.epochs[device].flushSubmitted(this.state.nowMs);
    this.fx.submitFlush(device);
  }
}
