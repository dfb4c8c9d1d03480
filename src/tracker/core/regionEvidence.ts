/**
 * What the log and resync hold of the regions that are known: evidence, the copy, and whether idle evidence lingers for a
 * while (the one idle for longest first). Records beside those of the region table, named by the same entries; all NIL
 * while nothing is held.
 */
import { IndexList } from './linkedList.js';
import { layFields, recordMemory } from './recordPool.js';
import * as words from './words.js';

// Constants of the file: see words.ts.
const { NIL, REGION_WORDS, FIRST_HOLDING, LAST_HOLDING, COPY_SLOT, LINGER_NEXT, LINGER_PREV, LINGERS, LINGER_UNTIL } =
  words;

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
