/**
 * All memory of the core: updates in flight in fixed slots of typed arrays, linked per region; evidence held in the log
 * ("holdings"); transactions. No allocation per update; cost follows what is in flight, plus two bits per region.
 *
 *   slot ──nodes──▶ (one per region touched) ──▶ region entry ──▶ holdings (one per transaction with evidence)
 */
import type { CoreConfig } from './config.js';
import type { IndicatorMap } from './indicatorMap.js';
import { Holdings, RegionEvidence } from './holdings.js';
import { layFields, RecordPool } from './recordPool.js';
import type { RegionTable } from './regionTable.js';
import { UpdateSets, type Nodes } from './updateSets.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const {
  CLOSED,
  NIL,
  FIRST_RECORD,
  SLOT_FIRST_NODE,
  SLOT_TRANSACTION,
  SLOT_ID,
  SLOT_LENGTH,
  SLOT_OFFSET,
  SLOT_WAIT,
  SLOT_FLAGS,
  SLOT_WORDS,
  TRANSACTION_ID,
  TRANSACTION_HOLDINGS,
  TRANSACTION_UNRETIRED,
  TRANSACTION_STATE,
  TRANSACTION_WORDS,
} = layout;

/** 0 … updateSlots-1, for arrays beside the core's slots. */
export function slotIndex(slot: number): number {
  return (slot - FIRST_RECORD) / SLOT_WORDS;
}

/** Updates in flight and resync copies. A slot is named by its record (`RecordPool`). */
export class Slots {
  readonly capacity: number;
  readonly pool: RecordPool;
  readonly memory: Int32Array;
  declare readonly firstNode: Int32Array;
  declare readonly transaction: Int32Array;
  /** Before submission: the log block that its evidence waits for, its low 32 bits. Afterwards: its deadline (deadlines.ts). */
  declare readonly wait: Int32Array;
  declare readonly flags: Int32Array;
  declare private readonly offsets: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.pool = new RecordPool(capacity, SLOT_WORDS);
    const { memory } = this.pool;
    this.memory = memory;
    layFields(this, memory, {
      firstNode: SLOT_FIRST_NODE,
      transaction: SLOT_TRANSACTION,
      wait: SLOT_WAIT,
      flags: SLOT_FLAGS,
    });
    Object.defineProperty(this, 'offsets', {
      value: new Float64Array(memory.buffer, 4 * SLOT_OFFSET),
      enumerable: false,
    });
  }

  /** What it is: to be called once, before anything is asked of it. */
  fill(slot: number, id: number, transaction: number, offset: number, length: number): void {
    const { memory } = this;
    // Of its number the low 32 bits.
    memory[slot + SLOT_ID] = id;
    memory[slot + SLOT_TRANSACTION] = transaction;
    memory[slot + SLOT_LENGTH] = length;
    this.offsets[slot >> 1] = offset;
  }

  /** Bytes from the start of the area. */
  offset(slot: number): number {
    return this.offsets[slot >> 1];
  }

  /** Bytes. */
  length(slot: number): number {
    return this.memory[slot + SLOT_LENGTH] >>> 0;
  }

  /** Whether two slots have a byte in common. */
  overlap(a: number, b: number): boolean {
    const startA = this.offsets[a >> 1];
    const startB = this.offsets[b >> 1];
    return startA < startB + this.length(b) && startB < startA + this.length(a);
  }

  /** Whether the slot holds the update of this number: less than 2^32 others lie between any two that are known. */
  holds(slot: number, id: number): boolean {
    return this.memory[slot + SLOT_ID] === (id | 0);
  }

  /** The slot's number, the next one to be given being `next`. */
  idBefore(next: number, slot: number): number {
    return next + ((this.memory[slot + SLOT_ID] - next) | 0);
  }

  /** Slots in use, in the order obtained. Looks at all: for rare events. */
  inUse(): number[] {
    const found: number[] = [];
    // A slot in use waits, is submitted or is settled: never without a flag.
    for (let i = 0, slot = FIRST_RECORD; i < this.capacity; i++, slot += SLOT_WORDS)
      if (this.flags[slot] !== 0) found.push(slot);
    return found.sort((a, b) => (this.memory[a + SLOT_ID] - this.memory[b + SLOT_ID]) | 0);
  }
}

export class Transactions {
  readonly pool: RecordPool;
  readonly memory: Int32Array;
  /** Regions in `L[t]`. */
  declare readonly holdings: Int32Array;
  /** Updates that are not settled. */
  declare readonly unretired: Int32Array;
  declare readonly state: Int32Array;

  constructor(capacity: number) {
    this.pool = new RecordPool(capacity, TRANSACTION_WORDS);
    this.memory = this.pool.memory;
    layFields(this, this.memory, {
      holdings: TRANSACTION_HOLDINGS,
      unsettled: TRANSACTION_UNRETIRED,
      state: TRANSACTION_STATE,
    });
  }

  /** A new one of this number. */
  fill(t: number, id: number): void {
    const { memory } = this;
    // Of its number the low 32 bits.
    memory[t + TRANSACTION_ID] = id;
    memory[t + TRANSACTION_HOLDINGS] = memory[t + TRANSACTION_UNRETIRED] = memory[t + TRANSACTION_STATE] = 0;
  }

  /** The transaction's number, the next one to be given being `next`: less than 2^32 lie between. */
  idBefore(next: number, t: number): number {
    return next + ((this.memory[t + TRANSACTION_ID] - next) | 0);
  }

  /** Closed, and no update of it is unsettled: only evidence keeps it. */
  isOver(t: number): boolean {
    return (this.memory[t + TRANSACTION_STATE] & CLOSED) !== 0 && this.memory[t + TRANSACTION_UNRETIRED] === 0;
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
  copiesCanceled = 0;
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
}
