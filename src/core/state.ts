/**
 * All memory of the core: updates in flight in fixed slots of typed arrays, linked per region; evidence held in the log
 * ("holdings"); transactions. No allocation per update; cost follows what is in flight, plus two bits per region.
 *
 *   slot ──nodes──▶ (one per region touched) ──▶ region entry ──▶ holdings (one per transaction with evidence)
 */
import type { CoreConfig } from './config.js';
import type { IndicatorMap } from './indicatorMap.js';
import { IndexList } from './linkedList.js';
import { IndexPool } from './pool.js';
import { layFields, RecordPool } from './recordPool.js';
import type { RegionTable } from './regionTable.js';
import type { Nodes } from './updateSets.js';
import { UpdateSets } from './updateSets.js';

/** Bits of `Slots.flags`. Per area: P has the named bit, S the next one. */
export const SUBMITTED = 1 << 0;
export const ENDED = 1 << 2;
export const DURABLE = 1 << 4;
/** Completed, and waiting in the area's power epoch for a flush. */
export const IN_EPOCH = 1 << 6;
/** Not submitted yet. */
export const WAITING = 1 << 8;
/** Its evidence is a log block / an indicator page that is not durable yet. */
export const NEEDS_LOG = 1 << 9;
export const NEEDS_MARK = 1 << 10;
/** Will not be acknowledged (R9); its regions are marked, or about to be. */
export const GIVEN_UP = 1 << 11;
/** Out of `U[r]`: acknowledged, or given up with its marks durable. */
export const SETTLED = 1 << 12;
export const ANSWERED = 1 << 13;
/** It is not written to S. */
export const PRIMARY_ONLY = 1 << 14;
/** A resync copy, not an update. */
export const COPY = 1 << 15;
/** A copy whose result must not clear its region. */
export const CANCELLED = 1 << 16;
/** Its regions' marks are not durable yet (with the journal gone: never). */
export const MARKING = 1 << 17;
/** In the list `submitted`: an area has to answer before its deadline. */
export const TIMED = 1 << 18;
export const BOTH = 3;

export class Slots {
  readonly capacity: number;
  readonly pool: IndexPool;
  readonly id: Float64Array;
  readonly transaction: Int32Array;
  readonly offset: Float64Array;
  readonly length: Float64Array;
  readonly flags: Int32Array;
  readonly firstNode: Int32Array;
  /** Log block that its evidence waits for. */
  readonly waitSequence: Float64Array;
  readonly deadlineMs: Float64Array;
  /** Those that wait for an area, in the order of their deadlines. */
  readonly submitted: IndexList;
  private readonly submittedLinks: [Int32Array, Int32Array];

  constructor(capacity: number) {
    this.capacity = capacity;
    this.pool = new IndexPool(capacity);
    this.id = new Float64Array(capacity);
    this.transaction = new Int32Array(capacity);
    this.offset = new Float64Array(capacity);
    this.length = new Float64Array(capacity);
    this.flags = new Int32Array(capacity);
    this.firstNode = new Int32Array(capacity);
    this.waitSequence = new Float64Array(capacity);
    this.deadlineMs = new Float64Array(capacity);
    this.submittedLinks = [new Int32Array(capacity), new Int32Array(capacity)];
    this.submitted = new IndexList(...this.submittedLinks);
  }

  /** Slots in use, in the order obtained. Looks at all: for rare events. */
  inUse(): number[] {
    const found: number[] = [];
    // A slot in use waits, is submitted or is settled: never without a flag.
    for (let slot = 0; slot < this.capacity; slot++) if (this.flags[slot] !== 0) found.push(slot);
    return found.sort((a, b) => this.id[a] - this.id[b]);
  }
}

/** Words of a holding. */
const HOLDING_WORDS = 8;

/** One per region in `L[t]` of a transaction: evidence in the log. */
export class Holdings {
  readonly pool: RecordPool;
  declare readonly transaction: Int32Array;
  declare readonly entry: Int32Array;
  /** Block with the write record: the low 32 bits of its number (TransactionLog.whole). */
  declare readonly sequence: Int32Array;
  /** Unacknowledged updates of the transaction to the region. */
  declare readonly unacked: Int32Array;
  /** Neighbours among the region's holdings. */
  declare readonly next: Int32Array;
  declare readonly prev: Int32Array;
  /** Neighbours in the log. */
  declare private readonly later: Int32Array;
  declare private readonly earlier: Int32Array;
  /** All holdings in log order. */
  readonly inLogOrder: IndexList;

  constructor(capacity: number) {
    this.pool = new RecordPool(capacity, HOLDING_WORDS);
    layFields(this, this.pool, { transaction: 0, entry: 1, sequence: 2, unacked: 3, next: 4, prev: 5, later: 6, earlier: 7 });
    this.inLogOrder = new IndexList(this.later, this.earlier);
  }
}

export class Transactions {
  readonly pool: IndexPool;
  readonly id: Float64Array;
  /** 1: the application has closed it. */
  readonly closed: Uint8Array;
  /** 1: its begin record is in the log. */
  readonly begun: Uint8Array;
  readonly holdings: Int32Array;
  /** Updates that are not settled. */
  readonly unsettled: Int32Array;

  constructor(capacity: number) {
    this.pool = new IndexPool(capacity);
    this.id = new Float64Array(capacity);
    this.closed = new Uint8Array(capacity);
    this.begun = new Uint8Array(capacity);
    this.holdings = new Int32Array(capacity);
    this.unsettled = new Int32Array(capacity);
  }
}

/** How often what happened; the explorer demands that none stays zero. */
export class CoreCounters {
  obtained = 0;
  acknowledged = 0;
  givenUp = 0;
  refused = 0;
  failed = 0;
  waitedForLog = 0;
  waitedForMark = 0;
  waitedForOverlap = 0;
  freeRides = 0;
  evictions = 0;
  lingerExpiries = 0;
  pressureDrops = 0;
  pressureMarks = 0;
  begins = 0;
  writeRecords = 0;
  releases = 0;
  completions = 0;
  commits = 0;
  pageWrites = 0;
  indicatorResets = 0;
  copies = 0;
  copiesCancelled = 0;
  clears = 0;
  clearsDeferred = 0;
  epochsEnded = 0;
  timeouts = 0;
  unexpectedCompletions = 0;
}

export class CoreState {
  readonly config: CoreConfig;
  readonly regionCount: number;
  /** Exact: `regionBytes` is a power of two. */
  private readonly regionsPerByte: number;
  readonly sets: UpdateSets;
  /** Parts of `sets`. */
  readonly indicators: IndicatorMap;
  readonly regions: RegionTable;
  readonly nodes: Nodes;
  readonly slots: Slots;
  readonly holdings: Holdings;
  readonly transactions: Transactions;
  readonly counters = new CoreCounters();
  nowMs = 0;
  nextUpdateId = 1;
  nextTransactionId = 1;
  secondaryAway = false;
  primaryLost = false;
  journalLost = false;
  /** I/O submitted to P and S and not over. */
  inFlight: [number, number] = [0, 0];

  constructor(config: CoreConfig) {
    this.config = config;
    this.regionsPerByte = 1 / config.regionBytes;
    this.regionCount = Math.ceil(config.usableBytes / config.regionBytes);
    const nodes = config.regionReferences + config.resyncDepth;
    const holdings = nodes + config.hotRegions;
    this.sets = new UpdateSets(this.regionCount, nodes, nodes + holdings + config.resyncDepth);
    this.indicators = this.sets.indicators;
    this.regions = this.sets.regions;
    this.nodes = this.sets.nodes;
    this.slots = new Slots(config.updateSlots);
    this.holdings = new Holdings(holdings);
    this.transactions = new Transactions(config.transactionSlots);
  }

  /** Region of a byte offset. */
  regionOf(offset: number): number {
    return Math.floor(offset * this.regionsPerByte);
  }

  regionsTouched(offset: number, length: number): number {
    return this.regionOf(offset + length - 1) - this.regionOf(offset) + 1;
  }
}
