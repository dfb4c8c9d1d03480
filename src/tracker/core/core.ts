/**
 * The core of the replication engine: a pure state machine, (state, input) → effects. It has no clock, no device and no
 * bytes. Real devices, the crash explorer and the tests drive the same core.
 *
 * It keeps R1 to R10 and R13 (docs/PROTOCOL.md) in whatever order its inputs come. It does not know how records and
 * pages are encoded (src/tracker/journal/), nor the data of the writes.
 *
 * An input only records what happened; `pump` decides what to write, flush and copy. Call `pump` after each batch of
 * inputs.
 */
import { UPDATE_BYTES_END } from './config.js';
import { CoreStatus } from './coreStatus.js';
import type { DeviceIndex } from './devices.js';
import * as devices from './devices.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { PRIMARY, SECONDARY, JOURNAL } = devices;
const { CLOSED, NIL, TRANSACTION_STATE } = layout;

/** Result of `obtain`: no slot is free now; ask again after the next completions. */
export const BUSY = NIL;
/** Result of `obtain`: P or the journal is lost, so no evidence can be made (R2). */
export const REFUSED = -2;

/** Tickets of journal writes: a commit's ticket is its index, a page's is this plus its group. */
const FIRST_PAGE_TICKET = 1024;

export class Core extends CoreStatus {
  /** Begins a transaction. Returns its record, or BUSY, or REFUSED when `obtain` would refuse its updates. */
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

  /** The application writes no more in this transaction. The record must not be used afterwards. */
  close(transaction: number, nowMs: number): void {
    this.state.nowMs = nowMs;
    this.state.transactions.memory[transaction + TRANSACTION_STATE] |= CLOSED;
    this.evidence.completeIfDone(transaction);
  }

  /** Obtains an update for replication (R1). Returns its slot, BUSY, or REFUSED. */
  obtain(transaction: number, offset: number, length: number, nowMs: number): number {
    const { state } = this;
    state.nowMs = nowMs;
    const { usableBytes } = state.config;
    if (!(offset >= 0 && length > 0 && length < UPDATE_BYTES_END && offset + length <= usableBytes)) {
      throw new RangeError(
        `update at offset ${offset} of ${length} bytes: must lie within bytes 0 … ${usableBytes} of the area and be shorter than 4 GiB`,
      );
    }
    if (state.primaryLost || state.journalLost) return REFUSED;
    if (this.openingCommits > 0) return BUSY;
    return this.updates.obtain(transaction, offset, length);
  }

  /** An area has completed the I/O of a slot. `ok`: without an error. After an error the area is lost. */
  completed(area: typeof PRIMARY | typeof SECONDARY, slot: number, updateId: number, ok: boolean, nowMs: number): void {
    this.state.nowMs = nowMs;
    const expected = this.updates.completed(area, slot, updateId, ok);
    if (expected && !ok) this.deviceLost(area, nowMs);
  }

  /** A part of a resync copy has been read from P or written to S; `area` has to answer next. */
  copyAwaits(area: typeof PRIMARY | typeof SECONDARY, slot: number, updateId: number, nowMs: number): void {
    this.state.nowMs = nowMs;
    this.updates.deadlines.copyAwaits(area, slot, updateId);
  }

  /** A flush has completed. An error ends the power epoch: nothing that the flush should have covered is durable. */
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
   * A device is lost: it has disappeared, or its power epoch has ended (error, reset, power loss). Without S the core
   * continues. Without P it gives all updates up. Without the journal no evidence can be made: updates that need it are
   * refused.
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

  /** S is back and identified. False while earlier I/O is in flight on it. Its regions still await resync. */
  attachSecondary(): boolean {
    if (this.state.inFlight[SECONDARY] > 0 || this.flushes[SECONDARY] > 0) return false;
    this.state.secondaryAway = false;
    return true;
  }

  /** A full comparison has found that the region differs: it awaits resync from now on. */
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

  /**
   * Shutdown: no new update comes, so lingering evidence is released. `giveUpAll` is for updates that do not end in
   * time.
   */
  drain(): void {
    this.drainRequested = true;
    this.resync.stop();
  }

  /** R9 for everything in flight. */
  giveUpAll(nowMs: number): void {
    this.state.nowMs = nowMs;
    this.updates.areaLost(SECONDARY);
  }

  /** Decides what to do now, and hands out the effects. */
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
      // R11: the log is used again only when D is durable in the indicator area.
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
      // Nothing is in flight that could join the flush: waiting longer only delays the acknowledgements.
      const alone = inFlight[area] === 0;
      if (many || late || alone || this.fx.flushPays(area, epoch.uncovered, inFlight[area])) this.submitFlush(area);
    }
    if (!journalLost && this.epochs[JOURNAL].uncovered > 0 && this.flushes[JOURNAL] === 0) this.submitFlush(JOURNAL);
  }

  protected submitFlush(device: DeviceIndex): void {
    this.flushes[device]++;
    this.epochs[device].flushSubmitted(this.state.nowMs);
    this.fx.submitFlush(device);
  }
}
