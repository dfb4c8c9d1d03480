/**
 * Update sets and indicators: which updates touch which region, and `I[r]`. It is what a Map of regions to Sets of update
 * ids would do, and the order of each region's updates besides (R13).
 *
 *   slot ──▶ node, one per region touched ──▶ region entry ──▶ first node … last, in the order obtained
 *
 * A node is in its region's order from `add` to `remove`; in `U[r]` only from `obtain` to `settle`. It lies in the
 * region's own record when that place is free, else in a record behind all of those. Knows nothing of evidence, devices
 * and answers. No allocation per update; at most 64 bytes for an update to one region.
 */
import { IndicatorMap } from './indicatorMap.js';
import { layFields, recordMemory, RecordPool } from './recordPool.js';
import { RegionTable } from './regionTable.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const {
  NIL,
  FIRST_RECORD,
  REGION,
  UNACKED,
  FIRST_NODE,
  OWN_NODE,
  NODE_SLOT,
  NODE_NEXT,
  NODE_PREV,
  NODE_HOLDING,
  REGION_WORDS,
  NODE_NEXT_OF_SLOT,
  NODE_ENTRY,
  NODE_WORDS,
} = layout;

/** Before the records: the regions' pool is the first there, that of nodes outside of them the second; then a count. */
const EXTRA_POOL = 1;
const NODES_USED = 4;

/** One per (update, region). */
export class Nodes {
  readonly capacity: number;
  private readonly memory: Int32Array;
  /** Nodes before this index lie in their region's record. */
  private readonly limit: number;
  /** Nodes outside of their region's record. */
  private readonly pool: RecordPool;
  declare readonly slot: Int32Array;
  /** The update of the region that came after; NIL for the last. */
  declare readonly next: Int32Array;
  /** The update that came before; for the region's first, its last. */
  declare readonly prev: Int32Array;
  /** The update's evidence in the log (evidence.ts), or NIL. */
  declare readonly holding: Int32Array;

  constructor(capacity: number, memory: Int32Array, limit: number) {
    this.capacity = capacity | 0;
    this.memory = memory;
    this.limit = limit | 0;
    this.pool = new RecordPool(capacity, NODE_WORDS, memory, limit, EXTRA_POOL);
    layFields(this, memory, { slot: NODE_SLOT, next: NODE_NEXT, prev: NODE_PREV, holding: NODE_HOLDING });
  }

  get freeCount(): number {
    return this.capacity - this.usedCount;
  }

  get usedCount(): number {
    return this.memory[NODES_USED];
  }

  /** A node of the region; `nextOfSlot` as in `UpdateSets.add`. */
  take(e: number, nextOfSlot: number): number {
    this.memory[NODES_USED]++;
    const own = e + OWN_NODE;
    if (nextOfSlot === NIL && this.memory[own + NODE_SLOT] === NIL) return own;
    const n = this.pool.take();
    this.memory[n + NODE_NEXT_OF_SLOT] = nextOfSlot;
    this.memory[n + NODE_ENTRY] = e;
    return n;
  }

  give(n: number): void {
    this.memory[NODES_USED]--;
    if (n < this.limit) this.memory[n + NODE_SLOT] = NIL;
    else this.pool.give(n);
  }

  /** Region entry of a node. */
  entryOf(n: number): number {
    return n < this.limit ? n - OWN_NODE : this.memory[n + NODE_ENTRY];
  }

  /** The node of the same slot in the next region that it touches, or NIL. */
  nextOfSlot(n: number): number {
    return n < this.limit ? NIL : this.memory[n + NODE_NEXT_OF_SLOT];
  }
}

/** Regions that are fetched together: far more than there are misses at once. */
const FETCH = 64;
/** Scratch, of no meaning between two calls. */
const batch = new Uint32Array(FETCH);

export class UpdateSets {
  readonly indicators: IndicatorMap;
  readonly regions: RegionTable;
  readonly nodes: Nodes;
  private readonly memory: Int32Array;
  /** Of no meaning; what is fetched has to go somewhere. */
  prefetched = 0;

  /** `nodes`: updates times regions each; `entries`: regions that are known at once. */
  constructor(regionCount: number, nodes: number, entries: number) {
    this.indicators = new IndicatorMap(regionCount);
    this.memory = recordMemory(entries * REGION_WORDS + nodes * NODE_WORDS);
    this.regions = new RegionTable(entries, this.memory);
    this.nodes = new Nodes(nodes, this.memory, FIRST_RECORD + entries * REGION_WORDS);
  }

  /**
   * Puts the slot at the end of the region's order; returns its node there. `nextOfSlot`: the slot's node of another
   * region, or NIL. The caller has asked for room.
   */
  add(slot: number, region: number, nextOfSlot: number): number {
    const { memory } = this;
    const e = this.regions.ensure(region);
    const n = this.nodes.take(e, nextOfSlot);
    const first = memory[e + FIRST_NODE];
    memory[n + NODE_SLOT] = slot;
    memory[n + NODE_NEXT] = NIL;
    memory[n + NODE_HOLDING] = NIL;
    if (first === NIL) {
      memory[e + FIRST_NODE] = memory[n + NODE_PREV] = n;
    } else {
      const last = memory[first + NODE_PREV];
      memory[last + NODE_NEXT] = n;
      memory[n + NODE_PREV] = last;
      memory[first + NODE_PREV] = n;
    }
    return n;
  }

  /**
   * Fetches what `add` and `obtain` of these regions will meet. Changes nothing: the misses of a batch overlap here, where
   * none waits for another, instead of following one after the other later.
   */
  prefetchRegions(regions: Uint32Array, count: number): void {
    this.prefetched ^= this.regions.prefetch(regions, count) ^ this.indicators.prefetch(regions, count);
  }

  /** The same for `settle` and `remove` of these nodes. */
  fetchNodes(nodes: Int32Array, count: number): void {
    const { memory } = this;
    for (let from = 0; from < count; from += FETCH) {
      const size = Math.min(FETCH, count - from);
      for (let i = 0; i < size; i++) batch[i] = memory[this.nodes.entryOf(nodes[from + i]) + REGION];
      this.prefetchRegions(batch, size);
    }
  }

  /** R1 for one region, by its entry: its indicator is 1 and one more update is in `U[r]`. */
  obtain(e: number): void {
    const { memory } = this;
    memory[e + UNACKED]++;
    this.indicators.set(memory[e + REGION] >>> 0);
  }

  /** R5 for one region: an update leaves `U[r]`. Whether that has become empty: the indicator may go then (R8). */
  retire(e: number): boolean {
    return --this.memory[e + UNACKED] === 0;
  }

  /**
   * Takes the node out of its region's order and gives it back. Whether it was the last: the entry may be released if
   * nothing else keeps it.
   */
  remove(n: number, e: number): boolean {
    const { memory } = this;
    const first = memory[e + FIRST_NODE];
    const p = memory[n + NODE_PREV];
    const x = memory[n + NODE_NEXT];
    this.nodes.give(n);
    if (n === first) {
      memory[e + FIRST_NODE] = x;
      if (x === NIL) return true;
      memory[x + NODE_PREV] = p;
    } else {
      memory[p + NODE_NEXT] = x;
      memory[(x === NIL ? first : x) + NODE_PREV] = p;
    }
    return false;
  }
}
