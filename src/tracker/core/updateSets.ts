/**
 * Update sets and indicators: which updates touch which region, and `I[r]`. A Map from regions to Sets of update ids
 * would do the same, without the order of each region's updates that R13 needs.
 *
 *   slot ──▶ node, one per region touched ──▶ region entry ──▶ first node … last, in the order obtained
 *
 * A node is in its region's list from `add` to `remove`, and counts in `U[r]` from `obtain` to `retire`. It is inside
 * the region's entry when that place is free, else in the pool of nodes behind the entries. No allocation per update;
 * at most
 * 64 bytes for an update to one region.
 */
import { IndicatorMap } from './indicatorMap.js';
import { recordMemory, RecordPool } from './recordPool.js';
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

/**
 * Words before the first record: the fields of the region pool, those of the node pool, then the number of nodes in
 * use.
 */
const EXTRA_POOL = 1;
const NODES_USED = 4;

/** One node for each update and region that it touches. */
export class Nodes {
  readonly capacity: number;
  readonly memory: Int32Array;
  /** Nodes before this index are inside their region's entry. */
  private readonly limit: number;
  /** The other nodes. */
  private readonly pool: RecordPool;

  constructor(capacity: number, memory: Int32Array, limit: number) {
    this.capacity = capacity | 0;
    this.memory = memory;
    this.limit = limit | 0;
    this.pool = new RecordPool(capacity, NODE_WORDS, memory, limit, EXTRA_POOL);
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

  /** The slot's node in the next region that it touches, or NIL. */
  nextOfSlot(n: number): number {
    return n < this.limit ? NIL : this.memory[n + NODE_NEXT_OF_SLOT];
  }
}

export class UpdateSets {
  readonly indicators: IndicatorMap;
  readonly regions: RegionTable;
  readonly nodes: Nodes;
  private readonly memory: Int32Array;

  /** `nodes`: the most pairs of update and region in use; `entries`: the most regions in use. */
  constructor(regionCount: number, nodes: number, entries: number) {
    this.indicators = new IndicatorMap(regionCount);
    this.memory = recordMemory(entries * REGION_WORDS + nodes * NODE_WORDS);
    this.regions = new RegionTable(entries, this.memory);
    this.nodes = new Nodes(nodes, this.memory, FIRST_RECORD + entries * REGION_WORDS);
  }

  /**
   * Appends the slot to the region's list; returns its node. `nextOfSlot`: the slot's node in its next region, or NIL.
   * The caller has checked that a node and an entry are free.
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

  /** Loads into the cache what `add` and `obtain` of these regions read first. The return value has no meaning. */
  prefetchRegions(regions: Uint32Array, count: number): number {
    return this.regions.prefetch(regions, count) ^ this.indicators.prefetch(regions, count);
  }

  /** R1 for the region of entry `e`: sets `I[r]` and adds an update to `U[r]`. */
  obtain(e: number): void {
    const { memory } = this;
    memory[e + UNACKED]++;
    this.indicators.set(memory[e + REGION] >>> 0);
  }

  /** R5 for one region: an update leaves `U[r]`. Returns whether `U[r]` is empty now: then R8 may reset `I[r]`. */
  retire(e: number): boolean {
    return --this.memory[e + UNACKED] === 0;
  }

  /** Removes the node from its region's list. Returns whether the list is empty now: then the entry may be released. */
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
