/**
 * All memory of the core: updates in flight in fixed slots of typed arrays, linked per region; evidence held in the log
 * ("holdings"); transactions. No allocation per update; cost follows what is in flight, plus two bits per region.
 *
 *   slot ──nodes──▶ (one per region touched) ──▶ region entry ──▶ holdings (one per transaction with evidence)
 */
import type { CoreConfig } from './config.js';
import { IndicatorMap } from './indicatorMap.js';
import { IndexList, NIL } from './linkedList.js';
import { IndexPool } from './pool.js';
import { RegionTable } from './regionTable.js';

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
  readonly nodeCount: Int32Array;
  /** Log block that its evidence waits for. */
  readonly waitSequence: Float64Array;
  readonly deadlineMs: Float64Array;
  /** All slots in use, in the order obtained. */
  readonly active: IndexList;
  /** Those that wait for an area, in the order of their deadlines. */
  readonly submitted: IndexList;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.pool = new IndexPool(capacity);
    this.id = new Float64Array(capacity);
    this.transaction = new Int32Array(capacity);
    this.offset = new Float64Array(capacity);
    this.length = new Float64Array(capacity);
    this.flags = new Int32Array(capacity);
    this.firstNode = new Int32Array(capacity);
    this.nodeCount = new Int32Array(capacity);
    this.waitSequence = new Float64Array(capacity);
    this.deadlineMs = new Float64Array(capacity);
    this.active = new IndexList(new Int32Array(capacity), new Int32Array(capacity));
    this.submitted = new IndexList(new Int32Array(capacity), new Int32Array(capacity));
  }
}

/** One per (update, region). */
export class Nodes {
  readonly pool: IndexPool;
  readonly slot: Int32Array;
  readonly entry: Int32Array;
  readonly holding: Int32Array;
  /** Next node of the same slot. */
  readonly nextOfSlot: Int32Array;
  /** Neighbours among the updates of the region. */
  readonly next: Int32Array;
  readonly prev: Int32Array;

  constructor(capacity: number) {
    this.pool = new IndexPool(capacity);
    this.slot = new Int32Array(capacity);
    this.entry = new Int32Array(capacity);
    this.holding = new Int32Array(capacity);
    this.nextOfSlot = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
    this.prev = new Int32Array(capacity);
  }
}

/** One per region in `L[t]` of a transaction: evidence in the log. */
export class Holdings {
  readonly pool: IndexPool;
  readonly transaction: Int32Array;
  readonly entry: Int32Array;
  /** Block with the write record. */
  readonly sequence: Float64Array;
  /** Unacknowledged updates of the transaction to the region. */
  readonly unacked: Int32Array;
  readonly next: Int32Array;
  readonly prev: Int32Array;
  /** All holdings in log order. */
  readonly inLogOrder: IndexList;

  constructor(capacity: number) {
    this.pool = new IndexPool(capacity);
    this.transaction = new Int32Array(capacity);
    this.entry = new Int32Array(capacity);
    this.sequence = new Float64Array(capacity);
    this.unacked = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
    this.prev = new Int32Array(capacity);
    this.inLogOrder = new IndexList(new Int32Array(capacity), new Int32Array(capacity));
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
  readonly indicators: IndicatorMap;
  readonly regions: RegionTable;
  readonly slots: Slots;
  readonly nodes: Nodes;
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
    this.indicators = new IndicatorMap(this.regionCount);
    const nodes = config.regionReferences + config.resyncDepth;
    const holdings = nodes + config.hotRegions;
    this.regions = new RegionTable(nodes + holdings + config.resyncDepth);
    this.slots = new Slots(config.updateSlots);
    this.nodes = new Nodes(nodes);
    this.holdings = new Holdings(holdings);
    this.transactions = new Transactions(config.transactionSlots);
  }

  /** Region of a byte offset. */
  regionOf(offset: number): number {
    return Math.floor(offset * this.regionsPerByte);
  }

  /** Appends a node for (slot, region) at the end of the region's updates. */
  addNode(slot: number, region: number): number {
    const { nodes, regions, slots } = this;
    const n = nodes.pool.take();
    const e = regions.ensure(region);
    nodes.slot[n] = slot;
    nodes.entry[n] = e;
    nodes.holding[n] = NIL;
    nodes.next[n] = NIL;
    nodes.prev[n] = regions.lastNode[e];
    if (nodes.prev[n] === NIL) regions.firstNode[e] = n;
    else nodes.next[nodes.prev[n]] = n;
    regions.lastNode[e] = n;
    nodes.nextOfSlot[n] = slots.firstNode[slot];
    slots.firstNode[slot] = n;
    slots.nodeCount[slot]++;
    return n;
  }

  /** Takes the node out of its region's updates and gives it back. */
  removeNode(n: number): void {
    const { nodes, regions } = this;
    const e = nodes.entry[n];
    const p = nodes.prev[n];
    const x = nodes.next[n];
    if (p === NIL) regions.firstNode[e] = x;
    else nodes.next[p] = x;
    if (x === NIL) regions.lastNode[e] = p;
    else nodes.prev[x] = p;
    nodes.pool.give(n);
  }
}
