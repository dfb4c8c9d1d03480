/** The parts of a core, and queries that change nothing. core.ts has the inputs. */
import { checkConfig, type CoreConfig } from './config.js';
import { Copies } from './copies.js';
import { PowerEpoch } from './devices.js';
import type { CoreEffects } from './effects.js';
import { Evidence } from './evidence.js';
import { Prefetch } from './prefetch.js';
import type { IndicatorMap } from './indicatorMap.js';
import { IndicatorPages } from './indicatorPages.js';
import { Resync } from './resync.js';
import { CoreState, type CoreCounters } from './state.js';
import { TransactionLog } from './transactionLog.js';
import type { UpdatesParts } from './updateQueue.js';
import { Updates } from './updates.js';
import * as devices from './devices.js';
import * as limits from './config.js';

// Constants of the file: see recordLayout.ts.
const { JOURNAL } = devices;
const { OPENING_UNITS } = limits;

/** The classes that a core is built of. The explorer's mutants replace one of them. */
export interface CoreParts extends UpdatesParts {
  TransactionLog: typeof TransactionLog;
  IndicatorPages: typeof IndicatorPages;
  PowerEpoch: typeof PowerEpoch;
  Evidence: typeof Evidence;
  Updates: typeof Updates;
  Resync: typeof Resync;
}

export const CORE_PARTS: CoreParts = { TransactionLog, IndicatorPages, PowerEpoch, Evidence, Copies, Updates, Resync };

export class CoreStatus {
  readonly state: CoreState;
  readonly log: TransactionLog;
  readonly pages: IndicatorPages;
  readonly evidence: Evidence;
  readonly updates: Updates;
  readonly resync: Resync;
  readonly prefetch: Prefetch;
  readonly fx: CoreEffects;
  readonly epochs: [PowerEpoch, PowerEpoch, PowerEpoch];
  /** Flushes in flight, per device. */
  protected readonly flushes: [number, number, number] = [0, 0, 0];
  protected journalInFlight = 0;
  /** Commits that recovery has to write before updates may use the log. */
  protected openingCommits = OPENING_UNITS;
  protected drainRequested = false;
  /** When the journal last completed an I/O, or received its first I/O after it was idle. */
  protected journalHeardMs = 0;

  constructor(config: CoreConfig, fx: CoreEffects, parts: CoreParts = CORE_PARTS) {
    checkConfig(config);
    this.fx = fx;
    this.state = new CoreState(config);
    this.log = new parts.TransactionLog(config.log);
    this.pages = new parts.IndicatorPages(this.state.regionCount, config.regionsPerGroup);
    this.epochs = [new parts.PowerEpoch(), new parts.PowerEpoch(), new parts.PowerEpoch()];
    this.evidence = new parts.Evidence(this.state, this.log, this.pages, fx);
    this.updates = new parts.Updates(this.state, this.evidence, [this.epochs[0], this.epochs[1]], fx, parts);
    this.resync = new parts.Resync(this.updates);
    this.prefetch = new Prefetch(this.state, this.pages);
  }

  get primaryLost(): boolean {
    return this.state.primaryLost;
  }

  get secondaryAway(): boolean {
    return this.state.secondaryAway;
  }

  get journalLost(): boolean {
    return this.state.journalLost;
  }

  /** Number of the next update or copy. */
  get nextUpdateId(): number {
    return this.state.nextUpdateId;
  }

  get counters(): CoreCounters {
    return this.state.counters;
  }

  /** |{ r : I[r] = 1 }|. */
  get dirtyRegions(): number {
    return this.state.indicators.count;
  }

  /** Number of regions that await resync: |{ r : A[r] = 1 }|. */
  get awaitingRegions(): number {
    return this.pages.awaiting.count;
  }

  get updatesInFlight(): number {
    return this.state.slots.pool.usedCount;
  }

  /** Recovery is over: D is durable in the indicator area and the log's opening commits are durable (R11). */
  get ready(): boolean {
    const { firstSequence, blocksPerUnit } = this.state.config.log;
    const begun = this.log.isDurable(firstSequence + OPENING_UNITS * blocksPerUnit - 1);
    return this.openingCommits === 0 && begun && !this.state.journalLost;
  }

  /** Nothing is in flight and nothing waits to be written. */
  get quiescent(): boolean {
    return (
      this.state.slots.pool.usedCount + this.state.slots.copyPool.usedCount === 0 &&
      this.journalInFlight === 0 &&
      this.flushes[0] + this.flushes[1] + this.flushes[2] === 0 &&
      (this.state.journalLost ||
        (this.pages.pendingGroups === 0 &&
          this.log.openRecords === 0 &&
          this.log.inFlight === 0 &&
          this.evidence.hotRegions === 0 &&
          this.updates.copies.idle))
    );
  }

  /**
   * Sets the first numbers, so that they continue those of earlier runs of the rig. Call it before the first update.
   */
  numberFrom(updateId: number, transactionId: number): void {
    this.state.nextUpdateId = updateId;
    this.state.nextTransactionId = transactionId;
  }

  /** Whether this log block and all before it are durable. */
  isLogDurable(sequence: number): boolean {
    return this.log.isDurable(sequence);
  }

  /**
   * R11: the regions that recovery found dirty; the first call. `groupsToWrite`: groups whose pages do not
   * carry them yet. `takesOver`: the caller does not use the map any more, and its memory is not copied.
   */
  loadDirty(dirty: IndicatorMap, groupsToWrite: Iterable<number>, takesOver = false): void {
    this.state.indicators.setAllOf(dirty);
    this.pages.load(dirty, groupsToWrite, takesOver);
  }

  /** Whether `pump` would give a device up. The caller first takes the completions that have arrived. */
  isOverdue(nowMs: number): boolean {
    const { config, journalLost } = this.state;
    const journalBusy = this.journalInFlight + this.flushes[JOURNAL] > 0;
    if (journalBusy && !journalLost && nowMs - this.journalHeardMs >= config.ackTimeoutMs) return true;
    return this.updates.deadlines.isOverdue(nowMs);
  }
}
