/** Evidence in the log: `L[t]` of all transactions, by region and in the order of the log. */
import { IndexList } from './linkedList.js';
import { layFields, RecordPool } from './recordPool.js';
import type { RegionEvidence } from './regionEvidence.js';
import * as words from './words.js';

// Constants of the file: see words.ts.
const {
  NIL,
  FIRST_HOLDING,
  LAST_HOLDING,
  HOLDING_TRANSACTION,
  HOLDING_ENTRY,
  HOLDING_SEQUENCE,
  HOLDING_UNACKED,
  HOLDING_NEXT,
  HOLDING_PREV,
  HOLDING_LATER,
  HOLDING_EARLIER,
  HOLDING_WORDS,
} = words;

/** One per region in `L[t]` of a transaction. */
export class Holdings {
  readonly pool: RecordPool;
  readonly memory: Int32Array;
  declare readonly transaction: Int32Array;
  declare readonly entry: Int32Array;
  /** Block with the write record: the low 32 bits of its number (TransactionLog.whole). */
  declare readonly sequence: Int32Array;
  /** Unacknowledged updates of the transaction to the region. */
  declare readonly unacked: Int32Array;
  /** Neighbours among the region's holdings, which are in the order of the log. */
  declare readonly next: Int32Array;
  declare readonly prev: Int32Array;
  readonly inLogOrder: IndexList;

  constructor(capacity: number) {
    this.pool = new RecordPool(capacity, HOLDING_WORDS);
    this.memory = this.pool.memory;
    layFields(this, this.memory, {
      transaction: HOLDING_TRANSACTION,
      entry: HOLDING_ENTRY,
      sequence: HOLDING_SEQUENCE,
      unacked: HOLDING_UNACKED,
      next: HOLDING_NEXT,
      prev: HOLDING_PREV,
    });
    this.inLogOrder = new IndexList(this.memory, HOLDING_LATER, HOLDING_EARLIER);
  }

  /** A new one, the latest in the log; no update relies on it yet. The caller has asked for room. */
  add(transaction: number, e: number, sequence: number, held: RegionEvidence): number {
    const { memory } = this;
    const ofRegions = held.memory;
    const h = this.pool.take();
    const last = ofRegions[e + LAST_HOLDING];
    memory[h + HOLDING_TRANSACTION] = transaction;
    memory[h + HOLDING_ENTRY] = e;
    memory[h + HOLDING_SEQUENCE] = sequence;
    memory[h + HOLDING_UNACKED] = 0;
    memory[h + HOLDING_NEXT] = NIL;
    memory[h + HOLDING_PREV] = last;
    if (last === NIL) ofRegions[e + FIRST_HOLDING] = h;
    else memory[last + HOLDING_NEXT] = h;
    ofRegions[e + LAST_HOLDING] = h;
    this.inLogOrder.append(h);
    return h;
  }

  remove(h: number, held: RegionEvidence): void {
    const { memory } = this;
    const e = memory[h + HOLDING_ENTRY];
    const p = memory[h + HOLDING_PREV];
    const x = memory[h + HOLDING_NEXT];
    if (p === NIL) held.memory[e + FIRST_HOLDING] = x;
    else memory[p + HOLDING_NEXT] = x;
    if (x === NIL) held.memory[e + LAST_HOLDING] = p;
    else memory[x + HOLDING_PREV] = p;
    this.inLogOrder.remove(h);
    this.pool.give(h);
  }

  /** Fetches what `remove` would meet in the order of the log; returns nothing of meaning. */
  fetchNeighbours(h: number): number {
    const { memory } = this;
    return memory[Math.max(0, memory[h + HOLDING_LATER])] ^ memory[Math.max(0, memory[h + HOLDING_EARLIER])];
  }
}
