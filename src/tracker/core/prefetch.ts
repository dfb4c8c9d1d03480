/**
 * Brings into the cache what the core will look at next. A batch of reports or updates meets the same misses one after the
 * other when each is taken by itself; here none waits for another, so that they overlap. Changes nothing and decides
 * nothing: whether it is called is a matter of speed alone.
 */
import type { IndicatorPages } from './indicatorPages.js';
import type { CoreState } from './state.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { NIL } = layout;

/** Taken together: far more than there are misses under way at once. */
const TOGETHER = 64;

/** Scratch, of no meaning between two calls: no part of any core's memory. */
const regions = new Uint32Array(TOGETHER);
const entries = new Int32Array(TOGETHER);
const holdings = new Int32Array(TOGETHER);

export class Prefetch {
  private readonly state: CoreState;
  private readonly pages: IndicatorPages;
  /** Of no meaning; what is fetched has to go somewhere. */
  private prefetched = 0;

  constructor(state: CoreState, pages: IndicatorPages) {
    this.state = state;
    this.pages = pages;
  }

  /** Before `obtain` of updates to these regions. */
  updates(wanted: Uint32Array, count: number): void {
    const { indicators, regions: table } = this.state;
    this.prefetched ^=
      table.prefetch(wanted, count) ^ indicators.prefetch(wanted, count) ^ this.pages.awaiting.prefetch(wanted, count);
  }

  /** Before `completed` of these slots, as far as their first region goes. */
  reports(slots: Int32Array, count: number): void {
    for (let from = 0; from < count; from += TOGETHER) this.some(slots, from, Math.min(TOGETHER, count - from));
  }

  private some(slots: Int32Array, from: number, count: number): void {
    const { state } = this;
    const { nodes, held, transactions } = state;
    const { firstNode, transaction } = state.slots;
    let sum = 0;
    for (let i = 0; i < count; i++) entries[i] = nodes.entryOf(firstNode[slots[from + i]]);
    for (let i = 0; i < count; i++) {
      regions[i] = state.regions.region[entries[i]];
      holdings[i] = held.firstHolding[entries[i]];
      sum ^= transactions.unretired[Math.max(0, transaction[slots[from + i]])];
    }
    for (let i = 0; i < count; i++) if (holdings[i] !== NIL) sum ^= state.holdings.unacked[holdings[i]];
    for (let i = 0; i < count; i++) if (holdings[i] !== NIL) sum ^= state.holdings.prefetchNeighbors(holdings[i]);
    this.prefetched ^= sum;
    this.updates(regions, count);
  }
}
