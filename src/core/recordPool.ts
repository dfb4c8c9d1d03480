/**
 * Records of a few 32-bit words each, side by side in one array: what belongs together lies on one line of the cache,
 * and costs one miss instead of one per field.
 *
 * A record is named by the index of its first word, so word `w` of record `i` is `memory[i + w]`, and a field seen as an
 * array of its own (`fieldOf`) is the same memory, shifted. Free records are chained through their first word.
 */
import { NIL } from './linkedList.js';

/** Most words of one pool: indices stay small integers. */
const WORDS_MAX = 2 ** 30;

export class RecordPool {
  readonly memory: Int32Array;
  readonly capacity: number;
  readonly wordsPerRecord: number;
  private firstFree = NIL;
  private used = 0;

  /** Throws RangeError when the records together pass what an index can name. */
  constructor(capacity: number, wordsPerRecord: number) {
    if (capacity * wordsPerRecord > WORDS_MAX) {
      throw new RangeError(`${capacity} records of ${wordsPerRecord} words: must be at most ${WORDS_MAX} words together`);
    }
    this.capacity = capacity;
    this.wordsPerRecord = wordsPerRecord;
    this.memory = new Int32Array(capacity * wordsPerRecord);
    for (let i = (capacity - 1) * wordsPerRecord; i >= 0; i -= wordsPerRecord) {
      this.memory[i] = this.firstFree;
      this.firstFree = i;
    }
  }

  get freeCount(): number {
    return this.capacity - this.used;
  }

  get usedCount(): number {
    return this.used;
  }

  /** A record that is free, its words as they were left; or NIL. */
  take(): number {
    const i = this.firstFree;
    if (i === NIL) return NIL;
    this.firstFree = this.memory[i];
    this.used++;
    return i;
  }

  give(i: number): void {
    this.memory[i] = this.firstFree;
    this.firstFree = i;
    this.used--;
  }
}

/**
 * Gives `owner` its fields as arrays indexed by record. They are views, so they are hidden from whoever walks the memory
 * or counts it: it is met once, as `pool.memory`.
 */
export function layFields(owner: object, pool: RecordPool, words: Record<string, number>): void {
  for (const [name, word] of Object.entries(words)) {
    Object.defineProperty(owner, name, { value: pool.memory.subarray(word), enumerable: false });
  }
}
