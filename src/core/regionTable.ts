/**
 * What is known of the regions that matter just now (updates in flight, evidence held, a copy running): a pool of
 * entries found by region through a hash with chains. Regions at rest cost nothing here, so memory follows what is in
 * flight, not the size of the storage area.
 */
import { NIL } from './linkedList.js';
import { layFields, RecordPool } from './recordPool.js';

/** Words of an entry. */
export const ENTRY_REGION = 0;
export const ENTRY_FIRST_NODE = 1;
export const ENTRY_LAST_NODE = 2;
export const ENTRY_UNACKED = 3;
const ENTRY_CHAIN = 4;
const ENTRY_FIRST_HOLDING = 5;
const ENTRY_LAST_HOLDING = 6;
const ENTRY_COPY = 7;
const ENTRY_WORDS = 8;
const ENTRY_SHIFT = Math.log2(ENTRY_WORDS);

/** `copySlot`: the copy is durable and the bit waits to be cleared (R10). */
export const CLEARING = -2;

/** Entries per bucket when all are in use are at most 1 / this: chains stay short, buckets cost little. */
const BUCKETS_PER_ENTRY_MIN = 1;

export class RegionTable {
  readonly capacity: number;
  readonly pool: RecordPool;
  /** Entry → first and last node of its updates, in the order obtained; NIL when none. */
  declare readonly firstNode: Int32Array;
  declare readonly lastNode: Int32Array;
  /** Updates in `U[r]`: obtained, neither acknowledged nor given up. */
  declare readonly unackedCount: Int32Array;
  /** Entry → first and last holding (evidence in the log), in log order; NIL when none. */
  declare readonly firstHolding: Int32Array;
  declare readonly lastHolding: Int32Array;
  /** Entry → slot of the resync copy that runs or waits, CLEARING, or NIL. */
  declare readonly copySlot: Int32Array;
  /** Entry → region. */
  declare readonly region: Uint32Array;
  private readonly buckets: Int32Array;
  private readonly mask: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.pool = new RecordPool(capacity, ENTRY_WORDS);
    layFields(this, this.pool, {
      firstNode: ENTRY_FIRST_NODE,
      lastNode: ENTRY_LAST_NODE,
      unackedCount: ENTRY_UNACKED,
      firstHolding: ENTRY_FIRST_HOLDING,
      lastHolding: ENTRY_LAST_HOLDING,
      copySlot: ENTRY_COPY,
    });
    // Unsigned: there are up to 2^32 regions.
    Object.defineProperty(this, 'region', { value: new Uint32Array(this.pool.memory.buffer), enumerable: false });
    let size = 8;
    while (size < capacity * BUCKETS_PER_ENTRY_MIN) size *= 2;
    this.buckets = new Int32Array(size).fill(NIL);
    this.mask = size - 1;
  }

  get used(): number {
    return this.pool.usedCount;
  }

  /** 0 … capacity-1, for arrays beside the entries. */
  ordinal(e: number): number {
    return e >> ENTRY_SHIFT;
  }

  entryAt(ordinal: number): number {
    return ordinal << ENTRY_SHIFT;
  }

  /** Entry of the region, or NIL. */
  find(region: number): number {
    const { memory } = this.pool;
    const wanted = region | 0;
    let e = this.buckets[hash(region) & this.mask];
    while (e !== NIL && memory[e] !== wanted) e = memory[e + ENTRY_CHAIN];
    return e;
  }

  /** Entry of the region, made when there was none. Throws when the pool is used up: its size is a promise of the core. */
  ensure(region: number): number {
    const { memory } = this.pool;
    const wanted = region | 0;
    const h = hash(region) & this.mask;
    const head = this.buckets[h];
    for (let e = head; e !== NIL; e = memory[e + ENTRY_CHAIN]) if (memory[e] === wanted) return e;
    const e = this.pool.take();
    if (e === NIL) throw new Error(`region table is full (${this.capacity} entries)`);
    this.buckets[h] = e;
    memory[e + ENTRY_REGION] = wanted;
    memory[e + ENTRY_CHAIN] = head;
    memory[e + ENTRY_UNACKED] = 0;
    memory[e + ENTRY_FIRST_NODE] = memory[e + ENTRY_LAST_NODE] = NIL;
    memory[e + ENTRY_FIRST_HOLDING] = memory[e + ENTRY_LAST_HOLDING] = NIL;
    memory[e + ENTRY_COPY] = NIL;
    return e;
  }

  /** Takes the entry out if nothing is left in it. */
  releaseIfIdle(e: number): void {
    const { memory } = this.pool;
    // All are NIL, which is all bits set.
    if ((memory[e + ENTRY_FIRST_NODE] & memory[e + ENTRY_FIRST_HOLDING] & memory[e + ENTRY_COPY]) !== NIL) return;
    this.unlink(e);
    this.pool.give(e);
  }

  private unlink(e: number): void {
    const { memory } = this.pool;
    const h = hash(memory[e]) & this.mask;
    const after = memory[e + ENTRY_CHAIN];
    let x = this.buckets[h];
    if (x === e) {
      this.buckets[h] = after;
      return;
    }
    while (memory[x + ENTRY_CHAIN] !== e) x = memory[x + ENTRY_CHAIN];
    memory[x + ENTRY_CHAIN] = after;
  }
}

/**
 * Finalizer of MurmurHash3 over runs of 16 regions: runs land far apart, neighbours share a line of the cache. Writes
 * in order then meet one miss for 16 regions.
 */
function hash(x: number): number {
  let h = x >>> 4;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) << 4) | (x & 15);
}
