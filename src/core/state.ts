/**
 * All memory of the core: updates in flight in fixed slots of typed arrays, linked per region; evidence held in the log
 * ("holdings"); transactions. No allocation per update; cost follows what is in flight, plus two bits per region.
 *
 *   slot ──nodes──▶ (one per region touched) ──▶ region entry ──▶ holdings (one per transaction with evidence)
 */
import type { CoreConfig } from './config.js';
import type { IndicatorMap } from './indicatorMap.js';
import { IndexList, NIL } from './linkedList.js';
import { FIRST_RECORD, layFields, RecordPool } from './recordPool.js';
import { RegionEvidence } from './regionEvidence.js';
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
/** An area has to answer before its deadline. */
export const TIMED = 1 << 18;
export const BOTH = 3;

/** Words of a slot: half a line of the cache. */
const SLOT_FIRST_NODE = 0;
const SLOT_TRANSACTION = 1;
const SLOT_ID = 2;
const SLOT_LENGTH = 3;
/** Two words, aligned for a double. */
const SLOT_OFFSET = 4;
const SLOT_WAIT = 6;
const SLOT_FLAGS = 7;
const SLOT_WORDS = 8;

/** Updates in flight and resync copies. A slot is named by its record (`RecordPool`); `ordinal` is for arrays beside it. */
export class Slots {
  readonly capacity: number;
  readonly pool: RecordPool;
  declare readonly firstNode: Int32Array;
  declare readonly transaction: Int32Array;
  /** Before submission: the log block that its evidence waits for, its low 32 bits. Afterwards: its deadline (deadlines.ts). */
  declare readonly wait: Int32Array;
  declare readonly flags: Int32Array;
  /** The low 32 bits of its number. */
  declare private readonly lowId: Int32Array;
  declare private readonly lengths: Uint32Array;
  declare private readonly offsets: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.pool = new RecordPool(capacity, SLOT_WORDS);
    const { memory } = this.pool;
    layFields(this, memory, {
      firstNode: SLOT_FIRST_NODE,
      transaction: SLOT_TRANSACTION,
      lowId: SLOT_ID,
      wait: SLOT_WAIT,
      flags: SLOT_FLAGS,
    });
    Object.defineProperty(this, 'lengths', { value: new Uint32Array(memory.buffer, 4 * SLOT_LENGTH), enumerable: false });
    Object.defineProperty(this, 'offsets', { value: new Float64Array(memory.buffer, 4 * SLOT_OFFSET), enumerable: false });
  }

  /** What it is: to be called once, before anything is asked of it. */
  fill(slot: number, id: number, transaction: number, offset: number, length: number): void {
    this.lowId[slot] = id;
    this.transaction[slot] = transaction;
    this.offsets[slot >> 1] = offset;
    this.lengths[slot] = length;
  }

  /** Bytes from the start of the area. */
  offset(slot: number): number {
    return this.offsets[slot >> 1];
  }

  /** Bytes. */
  length(slot: number): number {
    return this.lengths[slot];
  }

  /** Whether the slot holds the update of this number: less than 2^32 others lie between any two that are known. */
  holds(slot: number, id: number): boolean {
    return this.lowId[slot] === (id | 0);
  }

  /** The slot's number, the next one to be given being `next`. */
  idBefore(next: number, slot: number): number {
    return next + ((this.lowId[slot] - next) | 0);
  }

  /** 0 … capacity-1. */
  ordinal(slot: number): number {
    return (slot - FIRST_RECORD) / SLOT_WORDS;
  }

  /** Slots in use, in the order obtained. Looks at all: for rare events. */
  inUse(): number[] {
    const found: number[] = [];
    // A slot in use waits, is submitted or is settled: never without a flag.
    for (let i = 0, slot = FIRST_RECORD; i < this.capacity; i++, slot += SLOT_WORDS) if (this.flags[slot] !== 0) found.push(slot);
    return found.sort((a, b) => (this.lowId[a] - this.lowId[b]) | 0);
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
    layFields(this, this.pool.memory, { transaction: 0, entry: 1, sequence: 2, unacked: 3, next: 4, prev: 5, later: 6, earlier: 7 });
    this.inLogOrder = new IndexList(this.later, this.earlier);
  }

  /** Fetches what taking the holding out of the log's order would meet; returns nothing of meaning. */
  fetchNeighbours(h: number): number {
    return this.unacked[Math.max(0, this.later[h])] ^ this.unacked[Math.max(0, this.earlier[h])];
  }
}

/** Bits of `Transactions.state`: the application has closed it; its begin record is in the log. */
export const CLOSED = 1;
export const BEGUN = 2;
const TRANSACTION_WORDS = 4;

export class Transactions {
  readonly pool: RecordPool;
  /** Regions in `L[t]`. */
  declare readonly holdings: Int32Array;
  /** Updates that are not settled. */
  declare readonly unsettled: Int32Array;
  declare readonly state: Int32Array;
  declare private readonly lowId: Int32Array;

  constructor(capacity: number) {
    this.pool = new RecordPool(capacity, TRANSACTION_WORDS);
    layFields(this, this.pool.memory, { lowId: 0, holdings: 1, unsettled: 2, state: 3 });
  }

  /** A new one of this number. */
  fill(t: number, id: number): void {
    this.lowId[t] = id;
    this.holdings[t] = this.unsettled[t] = this.state[t] = 0;
  }

  /** The transaction's number, the next one to be given being `next`: less than 2^32 lie between. */
  idBefore(next: number, t: number): number {
    return next + ((this.lowId[t] - next) | 0);
  }

  /** Closed, and no update of it is unsettled: only evidence keeps it. */
  isOver(t: number): boolean {
    return (this.state[t] & CLOSED) !== 0 && this.unsettled[t] === 0;
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
  /** What the log and resync hold of the same regions, by the same entries. */
  readonly held: RegionEvidence;
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
    this.sets = new UpdateSets(this.regionCount, nodes, nodes + config.hotRegions + config.resyncDepth);
    this.indicators = this.sets.indicators;
    this.regions = this.sets.regions;
    this.nodes = this.sets.nodes;
    this.held = new RegionEvidence(this.regions.capacity);
    this.slots = new Slots(config.updateSlots);
    this.holdings = new Holdings(holdings);
    this.transactions = new Transactions(config.transactionSlots);
  }

  /** Number of the update or copy in a slot: unique on this rig. */
  updateId(slot: number): number {
    return this.slots.idBefore(this.nextUpdateId, slot);
  }

  transactionId(t: number): number {
    return this.transactions.idBefore(this.nextTransactionId, t);
  }

  /** Lets the region go from memory if nothing is left of it there. */
  releaseIfIdle(e: number): void {
    if (this.regions.firstNode[e] === NIL && this.held.isIdle(e)) this.regions.release(e);
  }

  /** Region of a byte offset. */
  regionOf(offset: number): number {
    return Math.floor(offset * this.regionsPerByte);
  }

  regionsTouched(offset: number, length: number): number {
    return this.regionOf(offset + length - 1) - this.regionOf(offset) + 1;
  }
}
