/**
 * What is known of the regions that matter just now (updates in flight, evidence held, a copy running): a pool of
 * records found by region through a hash with chains. Regions at rest cost nothing here, so memory follows what is in
 * flight, not the size of the storage area.
 *
 *   record of 32 bytes:  region  chain  unacked  first node │ node: slot  next  prev  holding
 *
 * The node in the record is the region's own (updateSets.ts): an update that has its region to itself needs no other, and
 * all that its sets are lies on one line of the cache.
 */
import { layFields, RecordPool } from './recordPool.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { NIL, FIRST_RECORD, REGION_CHAIN, UNACKED, FIRST_NODE, OWN_NODE, NODE_SLOT, REGION_WORDS } = layout;

const RECORD_SHIFT = Math.log2(REGION_WORDS);
/** At most one region per bucket when all are in use: chains stay short. */
const BUCKETS_PER_REGION_MIN = 1;
/** A link to no record. */
const NONE = 0;
/** Bit of a link: another one follows in the record. */
const MORE = 1 << 31;
/** Not a link: the region is not in the table. */
const ABSENT = -1;

/**
 * A bucket holds a link to the first record of its chain, each record one to the next. A link is the record's number from 1
 * on, and above it as much of its region's hash as there is room for: a region that is not there is hardly ever looked for
 * in another one's record, which costs a miss each time.
 */
export class RegionTable {
  readonly capacity: number;
  readonly pool: RecordPool;
  /** Entry → its oldest node, in the order obtained; NIL when there is none. */
  declare readonly firstNode: Int32Array;
  /** Updates in `U[r]`: obtained, neither acknowledged nor given up. */
  declare readonly unackedCount: Int32Array;
  /** Entry → region. Unsigned: there are up to 2^32. */
  declare readonly region: Uint32Array;
  private readonly buckets: Int32Array;
  private readonly mask: number;
  /** Bits of a link that number the record, and those that are the tag. */
  private readonly numberMask: number;
  private readonly tagMask: number;

  constructor(capacity: number, memory?: Int32Array) {
    this.capacity = capacity;
    this.pool = new RecordPool(capacity, REGION_WORDS, memory);
    layFields(this, this.pool.memory, { firstNode: FIRST_NODE, unackedCount: UNACKED });
    Object.defineProperty(this, 'region', { value: new Uint32Array(this.pool.memory.buffer), enumerable: false });
    let size = 16;
    while (size < capacity * BUCKETS_PER_REGION_MIN) size *= 2;
    this.buckets = new Int32Array(size);
    this.mask = size - 1;
    this.numberMask = 2 * size - 1;
    this.tagMask = ~this.numberMask & ~MORE;
  }

  get used(): number {
    return this.pool.usedCount;
  }

  /** Fetches what `find` and `ensure` would meet first; returns nothing of meaning. */
  prefetch(regions: Uint32Array, count: number): number {
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= this.buckets[hash(regions[i] | 0) & this.mask];
    return sum;
  }

  /** Entry of the region, or NIL. */
  find(region: number): number {
    const r = region | 0;
    return this.look(r, hash(r));
  }

  /** Entry of the region, made when there was none. Throws when the pool is used up: the caller has asked for room. */
  ensure(region: number): number {
    const r = region | 0;
    const h = hash(r);
    const found = this.look(r, h);
    if (found !== ABSENT) return found;
    const e = this.pool.take();
    if (e === NIL) throw new Error(`region table is full (${this.capacity} entries)`);
    const { memory } = this.pool;
    const head = this.buckets[h & this.mask];
    this.buckets[h & this.mask] = numberOf(e) | (tagOf(r) & this.tagMask) | (head === NONE ? 0 : MORE);
    memory[e] = r;
    memory[e + REGION_CHAIN] = head;
    memory[e + UNACKED] = 0;
    memory[e + FIRST_NODE] = memory[e + OWN_NODE + NODE_SLOT] = NIL;
    return e;
  }

  /** Takes the entry out. The caller knows that nothing refers to it. */
  release(e: number): void {
    const { memory } = this.pool;
    const b = hash(memory[e]) & this.mask;
    const number = numberOf(e);
    const after = memory[e + REGION_CHAIN];
    const head = this.buckets[b];
    if ((head & this.numberMask) === number) this.buckets[b] = after;
    else this.unchain(b, number, after);
    this.pool.give(e);
  }

  /** The record stands behind another one in its chain. */
  private unchain(b: number, number: number, after: number): void {
    const { memory } = this.pool;
    const { numberMask } = this;
    let before = NIL;
    let x = entryOf(this.buckets[b] & numberMask);
    while ((memory[x + REGION_CHAIN] & numberMask) !== number) {
      before = x;
      x = entryOf(memory[x + REGION_CHAIN] & numberMask);
    }
    memory[x + REGION_CHAIN] = after;
    if (after !== NONE) return;
    if (before === NIL) this.buckets[b] &= ~MORE;
    else memory[before + REGION_CHAIN] &= ~MORE;
  }

  /** Entry of the region, or ABSENT. */
  private look(r: number, h: number): number {
    const { memory } = this.pool;
    const tag = tagOf(r);
    for (let link = this.buckets[h & this.mask]; link !== NONE;) {
      const e = entryOf(link & this.numberMask);
      if (((link ^ tag) & this.tagMask) === 0 && memory[e] === r) return e;
      if ((link & MORE) === 0) break;
      link = memory[e + REGION_CHAIN];
    }
    return ABSENT;
  }
}

function numberOf(e: number): number {
  return ((e - FIRST_RECORD) >> RECORD_SHIFT) + 1;
}

function entryOf(number: number): number {
  return ((number - 1) << RECORD_SHIFT) + FIRST_RECORD;
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

/** Independent of `hash`, and best in its upper bits. */
function tagOf(x: number): number {
  return Math.imul(x, 0x9e3779b1);
}
