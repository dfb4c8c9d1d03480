/** Evidence in the log: `L[t]` of all transactions, by region and in the order of the log. */
import { IndexList, layFields, recordMemory, RecordPool } from './recordPool.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
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
  REGION_WORDS,
  COPY_SLOT,
  LINGER_NEXT,
  LINGER_PREV,
  LINGERS,
  LINGER_UNTIL,
} = layout;

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
  prefetchNeighbors(h: number): number {
    const { memory } = this;
    return memory[Math.max(0, memory[h + HOLDING_LATER])] ^ memory[Math.max(0, memory[h + HOLDING_EARLIER])];
  }
}

/**
 * What the log and resync hold of the regions that are known: evidence, the copy, and whether idle evidence lingers for a
 * while (the one idle for longest first). Records beside those of the region table, named by the same entries; all NIL
 * while nothing is held.
 */
export class RegionEvidence {
  readonly memory: Int32Array;
  /** Entry → first and last holding (evidence in the log), in log order; NIL when none. */
  declare readonly firstHolding: Int32Array;
  declare readonly lastHolding: Int32Array;
  /** Entry → slot of the resync copy that runs or waits, CLEARING, or NIL. */
  declare readonly copySlot: Int32Array;
  declare private readonly untilMs: Float64Array;
  private readonly lingering: IndexList;

  constructor(regions: number) {
    this.memory = recordMemory(regions * REGION_WORDS).fill(NIL);
    layFields(this, this.memory, {
      firstHolding: FIRST_HOLDING,
      lastHolding: LAST_HOLDING,
      copySlot: COPY_SLOT,
    });
    Object.defineProperty(this, 'untilMs', {
      value: new Float64Array(this.memory.buffer, 4 * LINGER_UNTIL),
      enumerable: false,
    });
    this.lingering = new IndexList(this.memory, LINGER_NEXT, LINGER_PREV);
  }

  /** No evidence, no copy. */
  isIdle(e: number): boolean {
    // Both are NIL, which is all bits set.
    return (this.memory[e + FIRST_HOLDING] & this.memory[e + COPY_SLOT]) === NIL;
  }

  /** Regions whose evidence is idle and stays for a while. */
  get lingeringCount(): number {
    return this.lingering.length;
  }

  /** Entry of the region idle for longest, or NIL. */
  get oldestLingering(): number {
    return this.lingering.head;
  }

  /** The entry that became idle next after `e`, or NIL. */
  nextLingering(e: number): number {
    return this.lingering.next(e);
  }

  /** When the evidence of a lingering region may go. */
  lingersUntilMs(e: number): number {
    return this.untilMs[e >> 1];
  }

  /** The region lingers until then; one that lingers already keeps its place. */
  linger(e: number, untilMs: number): void {
    if (this.memory[e + LINGERS] === NIL) this.lingering.append(e);
    this.memory[e + LINGERS] = 0;
    this.untilMs[e >> 1] = untilMs;
  }

  stopLingering(e: number): void {
    if (this.memory[e + LINGERS] === NIL) return;
    this.memory[e + LINGERS] = NIL;
    this.lingering.remove(e);
  }
}
