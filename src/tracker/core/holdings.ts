/**
 * Evidence in the log, in memory: the holdings, `L[t]` of all transactions, and what each region has of them: its first
 * and last holding, its resync copy, and whether its idle evidence lingers.
 */
import { IndexList, recordMemory, RecordPool } from './recordPool.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const {
  NIL,
  FIRST_HOLDING,
  LAST_HOLDING,
  HOLDING_TRANSACTION,
  HOLDING_ENTRY,
  HOLDING_SEQUENCE,
  HOLDING_UNACKED,
  HOLDING_NEXT,
  HOLDING_PREV,
  HOLDING_LATER,
  HOLDING_EARLIER,
  HOLDING_WORDS,
  REGION_WORDS,
  COPY_SLOT,
  LINGER_NEXT,
  LINGER_PREV,
  LINGERS,
  LINGER_UNTIL,
} = layout;

/** One holding for each region in `L[t]` of each transaction. */
export class Holdings {
  readonly pool: RecordPool;
  readonly memory: Int32Array;
  readonly inLogOrder: IndexList;

  constructor(capacity: number) {
    this.pool = new RecordPool(capacity, HOLDING_WORDS);
    this.memory = this.pool.memory;
    this.inLogOrder = new IndexList(this.memory, HOLDING_LATER, HOLDING_EARLIER);
  }

  /**
   * Adds a holding whose record is the latest in the log. No update uses it yet. The caller has checked `freeCount`.
   */
  add(transaction: number, e: number, sequence: number, held: RegionEvidence): number {
    const { memory } = this;
    const ofRegions = held.memory;
    const h = this.pool.take();
    const last = ofRegions[e + LAST_HOLDING];
    memory[h + HOLDING_TRANSACTION] = transaction;
    memory[h + HOLDING_ENTRY] = e;
    memory[h + HOLDING_SEQUENCE] = sequence;
    memory[h + HOLDING_UNACKED] = 0;
    memory[h + HOLDING_NEXT] = NIL;
    memory[h + HOLDING_PREV] = last;
    if (last === NIL) ofRegions[e + FIRST_HOLDING] = h;
    else memory[last + HOLDING_NEXT] = h;
    ofRegions[e + LAST_HOLDING] = h;
    this.inLogOrder.append(h);
    return h;
  }

  remove(h: number, held: RegionEvidence): void {
    const { memory } = this;
    const e = memory[h + HOLDING_ENTRY];
    const p = memory[h + HOLDING_PREV];
    const x = memory[h + HOLDING_NEXT];
    if (p === NIL) held.memory[e + FIRST_HOLDING] = x;
    else memory[p + HOLDING_NEXT] = x;
    if (x === NIL) held.memory[e + LAST_HOLDING] = p;
    else memory[x + HOLDING_PREV] = p;
    this.inLogOrder.remove(h);
    this.pool.give(h);
  }

  /** Loads into the cache what `remove` reads of the neighbors in log order. The return value has no meaning. */
  prefetchNeighbors(h: number): number {
    const { memory } = this;
    return memory[Math.max(0, memory[h + HOLDING_LATER])] ^ memory[Math.max(0, memory[h + HOLDING_EARLIER])];
  }
}

/**
 * What the log and resync hold of each region in the region table: its evidence, its copy, and whether it lingers. A
 * record has the index of the region's entry; all of its words are NIL while nothing is held.
 */
export class RegionEvidence {
  readonly memory: Int32Array;
  declare private readonly untilMs: Float64Array;
  private readonly lingering: IndexList;

  constructor(regions: number) {
    this.memory = recordMemory(regions * REGION_WORDS).fill(NIL);
    Object.defineProperty(this, 'untilMs', {
      value: new Float64Array(this.memory.buffer, 4 * LINGER_UNTIL),
      enumerable: false,
    });
    this.lingering = new IndexList(this.memory, LINGER_NEXT, LINGER_PREV);
  }

  /** No evidence, no copy. */
  isIdle(e: number): boolean {
    // Both are NIL, which is all bits set.
    return (this.memory[e + FIRST_HOLDING] & this.memory[e + COPY_SLOT]) === NIL;
  }

  /** Regions whose evidence is idle and lingers. */
  get lingeringCount(): number {
    return this.lingering.length;
  }

  /** Entry of the region that is idle for longest, or NIL. */
  get oldestLingering(): number {
    return this.lingering.head;
  }

  /** The entry that became idle after `e`, or NIL. */
  nextLingering(e: number): number {
    return this.lingering.next(e);
  }

  /** When the evidence of a lingering region may be released. */
  lingersUntilMs(e: number): number {
    return this.untilMs[e >> 1];
  }

  /** The region lingers until `untilMs`. One that lingers already keeps its position in the order. */
  linger(e: number, untilMs: number): void {
    if (this.memory[e + LINGERS] === NIL) this.lingering.append(e);
    this.memory[e + LINGERS] = 0;
    this.untilMs[e >> 1] = untilMs;
  }

  stopLingering(e: number): void {
    if (this.memory[e + LINGERS] === NIL) return;
    this.memory[e + LINGERS] = NIL;
    this.lingering.remove(e);
  }
}
