/**
 * Update sets and indicators: which updates touch which region, and `I[r]`. It is what a Map of regions to Sets of update
 * ids would do, and the order of each region's updates besides (R13).
 *
 *   slot ──▶ node, one per region touched ──▶ region entry ──▶ first … last node of the region, in the order obtained
 *
 * A node is in its region's order from `add` to `remove`; in `U[r]` only from `obtain` to `settle`. Knows nothing of
 * evidence, devices and answers. No allocation per update; at most 64 bytes for an update to one region.
 */
import { IndicatorMap } from './indicatorMap.js';
import { NIL } from './linkedList.js';
import { layFields, RecordPool } from './recordPool.js';
import { ENTRY_FIRST_NODE, ENTRY_LAST_NODE, ENTRY_REGION, ENTRY_UNACKED, RegionTable } from './regionTable.js';

/** Words of a node. */
const NODE_SLOT = 0;
const NODE_ENTRY = 1;
const NODE_NEXT = 2;
const NODE_PREV = 3;
const NODE_NEXT_OF_SLOT = 4;
const NODE_HOLDING = 5;
const NODE_WORDS = 6;

/** One per (update, region). */
export class Nodes {
  readonly pool: RecordPool;
  declare readonly slot: Int32Array;
  declare readonly entry: Int32Array;
  /** Neighbours among the updates of the region. */
  declare readonly next: Int32Array;
  declare readonly prev: Int32Array;
  /** Next node of the same slot. */
  declare readonly nextOfSlot: Int32Array;
  /** The update's evidence in the log (evidence.ts), or NIL. */
  declare readonly holding: Int32Array;

  constructor(capacity: number) {
    this.pool = new RecordPool(capacity, NODE_WORDS);
    layFields(this, this.pool, {
      slot: NODE_SLOT,
      entry: NODE_ENTRY,
      next: NODE_NEXT,
      prev: NODE_PREV,
      nextOfSlot: NODE_NEXT_OF_SLOT,
      holding: NODE_HOLDING,
    });
  }
}

export class UpdateSets {
  readonly indicators: IndicatorMap;
  readonly regions: RegionTable;
  readonly nodes: Nodes;

  /** `nodes`: updates times regions each; `entries`: regions that are known at once. */
  constructor(regionCount: number, nodes: number, entries: number) {
    this.indicators = new IndicatorMap(regionCount);
    this.regions = new RegionTable(entries);
    this.nodes = new Nodes(nodes);
  }

  /**
   * Puts the slot at the end of the region's order; returns its node there. `nextOfSlot`: the slot's node of another
   * region, or NIL. The caller has asked for room.
   */
  add(slot: number, region: number, nextOfSlot: number): number {
    const { pool } = this.nodes;
    const { memory } = pool;
    const n = pool.take();
    const e = this.regions.ensure(region);
    const entries = this.regions.pool.memory;
    const last = entries[e + ENTRY_LAST_NODE];
    memory[n + NODE_SLOT] = slot;
    memory[n + NODE_ENTRY] = e;
    memory[n + NODE_NEXT] = NIL;
    memory[n + NODE_PREV] = last;
    memory[n + NODE_NEXT_OF_SLOT] = nextOfSlot;
    memory[n + NODE_HOLDING] = NIL;
    if (last === NIL) entries[e + ENTRY_FIRST_NODE] = n;
    else memory[last + NODE_NEXT] = n;
    entries[e + ENTRY_LAST_NODE] = n;
    return n;
  }

  /** Region of a node. */
  regionOf(n: number): number {
    return this.regions.region[this.nodes.pool.memory[n + NODE_ENTRY]];
  }

  /** R1 for one region: its indicator is 1 and the update is in `U[r]`. */
  obtain(n: number): void {
    const e = this.nodes.pool.memory[n + NODE_ENTRY];
    const entries = this.regions.pool.memory;
    entries[e + ENTRY_UNACKED]++;
    this.indicators.set(entries[e + ENTRY_REGION] >>> 0);
  }

  /** R5 for one region: the update leaves `U[r]`. Whether that has become empty: the indicator may go then (R8). */
  settle(n: number): boolean {
    const e = this.nodes.pool.memory[n + NODE_ENTRY];
    return --this.regions.pool.memory[e + ENTRY_UNACKED] === 0;
  }

  /** Takes the node out of its region's order and gives it back; the entry goes with its last use. */
  remove(n: number): void {
    const { pool } = this.nodes;
    const { memory } = pool;
    const entries = this.regions.pool.memory;
    const e = memory[n + NODE_ENTRY];
    const p = memory[n + NODE_PREV];
    const x = memory[n + NODE_NEXT];
    if (p === NIL) entries[e + ENTRY_FIRST_NODE] = x;
    else memory[p + NODE_NEXT] = x;
    if (x === NIL) entries[e + ENTRY_LAST_NODE] = p;
    else memory[x + NODE_PREV] = p;
    pool.give(n);
    if (p === NIL && x === NIL) this.regions.releaseIfIdle(e);
  }
}
