/**
 * The entries of the regions in use: those with updates in flight, evidence in the log or a copy. A hash with chains
 * finds an entry by its region. Other regions take no memory here, so memory follows the updates in flight and not the
 * size of the storage area.
 *
 *   entry of 32 bytes:  region  chain  unacked  first node │ node: slot  next  prev  holding
 *
 * The node in the entry is the region's own (updateSets.ts). The only update of a region needs no other node, so its
 * update set is on one cache line.
 */
import { RecordPool } from './recordPool.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { NIL, FIRST_RECORD, REGION_CHAIN, UNACKED, FIRST_NODE, OWN_NODE, NODE_SLOT, REGION_WORDS } = layout;

const RECORD_SHIFT = Math.log2(REGION_WORDS);
/** At most one entry per bucket on average, so chains stay short. */
const BUCKETS_PER_REGION_MIN = 1;
/** A link to no entry. */
const NONE = 0;
/** Bit of a link: the entry that it names has a link itself. */
const MORE = 1 << 31;
/** Result of `look`: the region is not in the table. */
const ABSENT = -1;

/**
 * A bucket holds a link to the first entry of its chain, and each entry a link to the next. A link is the entry's
 * number, counted from 1, and in the higher bits a tag: as much of a hash of its region as fits. The search for a
 * region compares tags first, so it hardly ever reads the entry of another region, which would cost a cache miss.
 */
export class RegionTable {
  readonly capacity: number;
  readonly pool: RecordPool;
  readonly memory: Int32Array;
  /** Entry → region, unsigned: the word REGION of `memory`. */
  declare readonly region: Uint32Array;
  private readonly buckets: Int32Array;
  private readonly mask: number;
  /** Bits of a link that hold the entry's number, and those that hold the tag. */
  private readonly numberMask: number;
  private readonly tagMask: number;

  constructor(capacity: number, memory?: Int32Array) {
    this.capacity = capacity;
    this.pool = new RecordPool(capacity, REGION_WORDS, memory);
    this.memory = this.pool.memory;
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

  /** Loads into the cache what `find` and `ensure` read first. The return value has no meaning. */
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

  /** Entry of the region; added if there is none. Throws when no entry is free: the caller has checked `freeCount`. */
  ensure(region: number): number {
    const r = region | 0;
    const h = hash(r);
    const found = this.look(r, h);
    if (found !== ABSENT) return found;
    const e = this.pool.take();
    if (e === NIL) throw new Error(`region table: all ${this.capacity} entries are in use`);
    const { memory } = this;
    const head = this.buckets[h & this.mask];
    this.buckets[h & this.mask] = numberOf(e) | (tagOf(r) & this.tagMask) | (head === NONE ? 0 : MORE);
    memory[e] = r;
    memory[e + REGION_CHAIN] = head;
    memory[e + UNACKED] = 0;
    memory[e + FIRST_NODE] = memory[e + OWN_NODE + NODE_SLOT] = NIL;
    return e;
  }

  /** Removes the entry. The caller guarantees that nothing refers to it. */
  release(e: number): void {
    const { memory } = this;
    const b = hash(memory[e]) & this.mask;
    const number = numberOf(e);
    const after = memory[e + REGION_CHAIN];
    const head = this.buckets[b];
    if ((head & this.numberMask) === number) this.buckets[b] = after;
    else this.unchain(b, number, after);
    this.pool.give(e);
  }

  /** Removes entry `number` from its chain, where it is not the first. */
  private unchain(b: number, number: number, after: number): void {
    const { memory } = this;
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
    const { memory } = this;
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
 * Finalizer of MurmurHash3 over runs of 16 regions: runs are spread, but the buckets of a run share a cache line.
 * Sequential writes then cost one miss for 16 regions.
 */
function hash(x: number): number {
  let h = x >>> 4;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) << 4) | (x & 15);
}

/** Independent of `hash`; its upper bits are the most random ones. */
function tagOf(x: number): number {
  return Math.imul(x, 0x9e3779b1);
}
