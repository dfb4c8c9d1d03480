/**
 * Loads into the CPU cache what the core reads next. A batch of reports meets its cache misses one after the other;
 * here each loop loads for all slots, so that the misses overlap. Prefetching changes no state and decides nothing: it
 * is only a matter of speed.
 */
import type { IndicatorPages } from './indicatorPages.js';
import type { CoreState } from './state.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { NIL, FIRST_HOLDING, HOLDING_UNACKED, SLOT_FIRST_NODE, SLOT_TRANSACTION, TRANSACTION_UNRETIRED } = layout;

/** Slots of one round: far more than the CPU has misses in flight. */
const TOGETHER = 64;

/** Scratch of one call; no part of a core's memory. */
const regions = new Uint32Array(TOGETHER);
const entries = new Int32Array(TOGETHER);
const holdings = new Int32Array(TOGETHER);

export class Prefetch {
  private readonly state: CoreState;
  private readonly pages: IndicatorPages;
  /** Has no meaning: V8 removes a load whose result is not used. */
  private prefetched = 0;

  constructor(state: CoreState, pages: IndicatorPages) {
    this.state = state;
    this.pages = pages;
  }

  /** The entries and indicators of these regions. */
  private updates(wanted: Uint32Array, count: number): void {
    this.prefetched ^= this.state.sets.prefetchRegions(wanted, count) ^ this.pages.awaiting.prefetch(wanted, count);
  }

  /** Before `completed` of these slots. Only the first region of each slot is loaded. */
  reports(slots: Int32Array, count: number): void {
    for (let from = 0; from < count; from += TOGETHER) this.some(slots, from, Math.min(TOGETHER, count - from));
  }

  private some(slots: Int32Array, from: number, count: number): void {
    const { state } = this;
    const { nodes, held, transactions } = state;
    const words = state.slots.memory;
    let sum = 0;
    for (let i = 0; i < count; i++) entries[i] = nodes.entryOf(words[slots[from + i] + SLOT_FIRST_NODE]);
    for (let i = 0; i < count; i++) {
      regions[i] = state.regions.region[entries[i]];
      holdings[i] = held.memory[entries[i] + FIRST_HOLDING];
      sum ^= transactions.memory[Math.max(0, words[slots[from + i] + SLOT_TRANSACTION]) + TRANSACTION_UNRETIRED];
    }
    for (let i = 0; i < count; i++)
      if (holdings[i] !== NIL) sum ^= state.holdings.memory[holdings[i] + HOLDING_UNACKED];
    for (let i = 0; i < count; i++) if (holdings[i] !== NIL) sum ^= state.holdings.prefetchNeighbors(holdings[i]);
    this.prefetched ^= sum;
    this.updates(regions, count);
  }
}
