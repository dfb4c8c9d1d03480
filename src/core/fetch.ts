/**
 * Brings into the cache what the core will look at next. A batch of reports or updates meets the same misses one after the
 * other when each is taken by itself; here none waits for another, so that they overlap. Changes nothing and decides
 * nothing: whether it is called is a matter of speed alone.
 */
import type { IndicatorPages } from './indicatorPages.js';
import type { CoreState } from './state.js';
import * as words from './words.js';

// Constants of the file: see words.ts.
const { NIL } = words;

/** Taken together: far more than there are misses under way at once. */
const TOGETHER = 64;

export class Fetch {
  private readonly state: CoreState;
  private readonly pages: IndicatorPages;
  private readonly regions = new Uint32Array(TOGETHER);
  private readonly entries = new Int32Array(TOGETHER);
  private readonly holdings = new Int32Array(TOGETHER);
  /** Of no meaning; what is fetched has to go somewhere. */
  private fetched = 0;

  constructor(state: CoreState, pages: IndicatorPages) {
    this.state = state;
    this.pages = pages;
  }

  /** Before `obtain` of updates to these regions. */
  updates(regions: Uint32Array, count: number): void {
    const { indicators, regions: table } = this.state;
    this.fetched ^= table.fetch(regions, count) ^ indicators.fetch(regions, count) ^ this.pages.awaiting.fetch(regions, count);
  }

  /** Before `completed` of these slots, as far as their first region goes. */
  reports(slots: Int32Array, count: number): void {
    for (let from = 0; from < count; from += TOGETHER) this.some(slots, from, Math.min(TOGETHER, count - from));
  }

  private some(slots: Int32Array, from: number, count: number): void {
    const { state, entries, regions, holdings } = this;
    const { nodes, held, transactions } = state;
    const { firstNode, transaction } = state.slots;
    let sum = 0;
    for (let i = 0; i < count; i++) entries[i] = nodes.entryOf(firstNode[slots[from + i]]);
    for (let i = 0; i < count; i++) {
      regions[i] = state.regions.region[entries[i]];
      holdings[i] = held.firstHolding[entries[i]];
      sum ^= transactions.unsettled[Math.max(0, transaction[slots[from + i]])];
    }
    for (let i = 0; i < count; i++) if (holdings[i] !== NIL) sum ^= state.holdings.unacked[holdings[i]];
    for (let i = 0; i < count; i++) if (holdings[i] !== NIL) sum ^= state.holdings.fetchNeighbours(holdings[i]);
    this.fetched ^= sum;
    this.updates(regions, count);
  }
}
