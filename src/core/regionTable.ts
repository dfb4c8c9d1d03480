/**
 * What is known of the regions that matter just now (updates in flight, evidence held, a copy running): a pool of
 * entries found by region through an open-addressing hash. Regions at rest cost nothing here, so memory follows what is
 * in flight, not the size of the storage area.
 */
import { IndexPool } from './pool.js';
import { NIL } from './linkedList.js';

export class RegionTable {
  readonly capacity: number;
  /** Entry → region. */
  readonly region: Uint32Array;
  /** Entry → first and last node of its updates, in the order obtained; NIL when none. */
  readonly firstNode: Int32Array;
  readonly lastNode: Int32Array;
  /** Updates in `U[r]`: obtained, neither acknowledged nor given up. */
  readonly unackedCount: Int32Array;
  /** Entry → first and last holding (evidence in the log), in log order; NIL when none. */
  readonly firstHolding: Int32Array;
  readonly lastHolding: Int32Array;
  /** Entry → slot of the resync copy that runs or waits, NIL when none. */
  readonly copySlot: Int32Array;
  /** 1: the copy is durable and the bit waits to be cleared (R10). */
  readonly clearPending: Uint8Array;
  /** Linger list (LRU of idle evidence): links and the time the evidence may go. */
  readonly lingerNext: Int32Array;
  readonly lingerPrev: Int32Array;
  readonly lingering: Uint8Array;
  readonly lingerUntilMs: Float64Array;
  private readonly pool: IndexPool;
  private readonly buckets: Int32Array;
  private readonly mask: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.region = new Uint32Array(capacity);
    this.firstNode = new Int32Array(capacity);
    this.lastNode = new Int32Array(capacity);
    this.unackedCount = new Int32Array(capacity);
    this.firstHolding = new Int32Array(capacity);
    this.lastHolding = new Int32Array(capacity);
    this.copySlot = new Int32Array(capacity);
    this.clearPending = new Uint8Array(capacity);
    this.lingerNext = new Int32Array(capacity);
    this.lingerPrev = new Int32Array(capacity);
    this.lingering = new Uint8Array(capacity);
    this.lingerUntilMs = new Float64Array(capacity);
    this.pool = new IndexPool(capacity);
    // At most half full, so that probe sequences stay short.
    let size = 8;
    while (size < capacity * 2) size *= 2;
    this.buckets = new Int32Array(size).fill(NIL);
    this.mask = size - 1;
  }

  get used(): number {
    return this.pool.usedCount;
  }

  /** Entry of the region, or NIL. */
  find(region: number): number {
    let h = hash(region) & this.mask;
    for (;;) {
      const e = this.buckets[h];
      if (e === NIL || this.region[e] === region) return e;
      h = (h + 1) & this.mask;
    }
  }

  /** Entry of the region, made when there was none. Throws when the pool is used up: its size is a promise of the core. */
  ensure(region: number): number {
    let h = hash(region) & this.mask;
    for (;;) {
      const e = this.buckets[h];
      if (e === NIL) break;
      if (this.region[e] === region) return e;
      h = (h + 1) & this.mask;
    }
    const e = this.pool.take();
    if (e === NIL) throw new Error(`region table is full (${this.capacity} entries)`);
    this.buckets[h] = e;
    this.region[e] = region;
    this.firstNode[e] = this.lastNode[e] = NIL;
    this.firstHolding[e] = this.lastHolding[e] = NIL;
    this.copySlot[e] = NIL;
    this.unackedCount[e] = 0;
    this.clearPending[e] = 0;
    this.lingering[e] = 0;
    return e;
  }

  /** Takes the entry out if nothing is left in it. */
  releaseIfIdle(e: number): void {
    if (this.firstNode[e] !== NIL || this.firstHolding[e] !== NIL) return;
    if (this.copySlot[e] !== NIL || this.clearPending[e] !== 0) return;
    this.unlink(this.region[e]);
    this.pool.give(e);
  }

  /** Deletion with backward shift: no tombstones, so the table never degrades. */
  private unlink(region: number): void {
    let h = hash(region) & this.mask;
    while (this.region[this.buckets[h]] !== region) h = (h + 1) & this.mask;
    let hole = h;
    for (;;) {
      h = (h + 1) & this.mask;
      const e = this.buckets[h];
      if (e === NIL) break;
      const home = hash(this.region[e]) & this.mask;
      // e may move into the hole only if its home is not between the hole and e.
      if (((h - home) & this.mask) >= ((h - hole) & this.mask)) {
        this.buckets[hole] = e;
        hole = h;
      }
    }
    this.buckets[hole] = NIL;
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
