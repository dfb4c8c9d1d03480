/**
 * All memory of the core: updates in flight in fixed slots, linked per region; evidence in the log ("holdings");
 * transactions. No allocation per update. Memory follows the updates in flight, plus two bits per region.
 *
 *   slot ──▶ nodes (one per region touched) ──▶ region entry ──▶ holdings (one per transaction with evidence)
 */
import type { CoreConfig } from './config.js';
import type { IndicatorMap } from './indicatorMap.js';
import { Holdings, RegionEvidence } from './holdings.js';
import { recordMemory, RecordPool } from './recordPool.js';
import type { RegionTable } from './regionTable.js';
import { UpdateSets, type Nodes } from './updateSets.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const {
  CLOSED,
  NIL,
  FIRST_RECORD,
  SLOT_TRANSACTION,
  SLOT_ID,
  SLOT_LENGTH,
  SLOT_OFFSET,
  SLOT_FLAGS,
  SLOT_WORDS,
  TRANSACTION_ID,
  TRANSACTION_HOLDINGS,
  TRANSACTION_UNRETIRED,
  TRANSACTION_STATE,
  TRANSACTION_WORDS,
  FIRST_NODE,
} = layout;

/** 0 … updateSlots-1 for an update, and from updateSlots on for a resync copy: an index of a caller's arrays. */
export function slotIndex(slot: number): number {
  return (slot - FIRST_RECORD) / SLOT_WORDS;
}

/**
 * Updates in flight and resync copies, from two pools: neither can take the slots of the other. A slot is the index of
 * its record (`RecordPool`).
 */
export class Slots {
  readonly capacity: number;
  readonly pool: RecordPool;
  readonly copyPool: RecordPool;
  readonly memory: Int32Array;
  declare private readonly offsets: Float64Array;

  constructor(updates: number, copies: number) {
    this.capacity = updates + copies;
    const memory = recordMemory(this.capacity * SLOT_WORDS);
    this.memory = memory;
    this.pool = new RecordPool(updates, SLOT_WORDS, memory);
    this.copyPool = new RecordPool(copies, SLOT_WORDS, memory, FIRST_RECORD + updates * SLOT_WORDS, 1);
    Object.defineProperty(this, 'offsets', {
      value: new Float64Array(memory.buffer, 4 * SLOT_OFFSET),
      enumerable: false,
    });
  }

  /** Fills a slot that was taken from the pool. The caller sets flags and first node. */
  fill(slot: number, id: number, transaction: number, offset: number, length: number): void {
    const { memory } = this;
    memory[slot + SLOT_ID] = id;
    memory[slot + SLOT_TRANSACTION] = transaction;
    memory[slot + SLOT_LENGTH] = length;
    this.offsets[slot >> 1] = offset;
  }

  /** Offset in bytes from the start of the area. */
  offset(slot: number): number {
    return this.offsets[slot >> 1];
  }

  /** Length in bytes. */
  length(slot: number): number {
    return this.memory[slot + SLOT_LENGTH] >>> 0;
  }

  /** Whether two slots have a byte in common. */
  overlap(a: number, b: number): boolean {
    const startA = this.offsets[a >> 1];
    const startB = this.offsets[b >> 1];
    return startA < startB + this.length(b) && startB < startA + this.length(a);
  }

  /**
   * Whether the slot holds update `id`. Low 32 bits are enough: two updates in use are less than 2^32 numbers apart.
   */
  holds(slot: number, id: number): boolean {
    return this.memory[slot + SLOT_ID] === (id | 0);
  }

  /** The number of the slot's update; `next` is the number that the next update gets. */
  idBefore(next: number, slot: number): number {
    return next + ((this.memory[slot + SLOT_ID] - next) | 0);
  }

  /** Slots in use, in the order obtained. Reads all slots: for rare events only. */
  inUse(): number[] {
    const found: number[] = [];
    // A slot in use has WAITING, SUBMITTED or RETIRED, so its flags are not 0.
    for (let i = 0, slot = FIRST_RECORD; i < this.capacity; i++, slot += SLOT_WORDS)
      if (this.memory[slot + SLOT_FLAGS] !== 0) found.push(slot);
    return found.sort((a, b) => (this.memory[a + SLOT_ID] - this.memory[b + SLOT_ID]) | 0);
  }
}

export class Transactions {
  readonly pool: RecordPool;
  readonly memory: Int32Array;

  constructor(capacity: number) {
    this.pool = new RecordPool(capacity, TRANSACTION_WORDS);
    this.memory = this.pool.memory;
  }

  /** Fills a record that was taken from the pool. */
  fill(t: number, id: number): void {
    const { memory } = this;
    memory[t + TRANSACTION_ID] = id;
    memory[t + TRANSACTION_HOLDINGS] = memory[t + TRANSACTION_UNRETIRED] = memory[t + TRANSACTION_STATE] = 0;
  }

  /** The transaction's number; `next` is the number that the next transaction gets. */
  idBefore(next: number, t: number): number {
    return next + ((this.memory[t + TRANSACTION_ID] - next) | 0);
  }

  /** Closed, and all of its updates have retired: only its evidence keeps it in memory. */
  isOver(t: number): boolean {
    return (this.memory[t + TRANSACTION_STATE] & CLOSED) !== 0 && this.memory[t + TRANSACTION_UNRETIRED] === 0;
  }
}

/** Counts of events. The explorer fails when one of them stays 0. */
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
  /** What the log and resync hold of the regions, by the same entries. */
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
  /** I/O in flight on P and on S. */
  inFlight: [number, number] = [0, 0];

  constructor(config: CoreConfig) {
    this.config = config;
    this.regionsPerByte = 1 / config.regionBytes;
    this.regionCount = Math.ceil(config.usableBytes / config.regionBytes);
    const nodes = config.regionReferences + config.resync.slots;
    const holdings = nodes + config.hotRegions;
    this.sets = new UpdateSets(this.regionCount, nodes, nodes + config.hotRegions + config.resync.slots);
    this.indicators = this.sets.indicators;
    this.regions = this.sets.regions;
    this.nodes = this.sets.nodes;
    this.held = new RegionEvidence(this.regions.capacity);
    this.slots = new Slots(config.updateSlots, config.resync.slots);
    this.holdings = new Holdings(holdings);
    this.transactions = new Transactions(config.transactionSlots);
  }

  /** Number of the update or copy in a slot; unique on the rig. */
  updateId(slot: number): number {
    return this.slots.idBefore(this.nextUpdateId, slot);
  }

  transactionId(t: number): number {
    return this.transactions.idBefore(this.nextTransactionId, t);
  }

  /** Releases the region's entry if it has no update, no evidence and no copy. */
  releaseIfIdle(e: number): void {
    if (this.regions.memory[e + FIRST_NODE] === NIL && this.held.isIdle(e)) this.regions.release(e);
  }

  /** Region of a byte offset. */
  regionOf(offset: number): number {
    return Math.floor(offset * this.regionsPerByte);
  }
}
