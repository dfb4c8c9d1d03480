/**
 * Records of a few 32-bit words each, side by side in one array: what belongs together lies on one line of the cache,
 * and costs one miss instead of one per field.
 *
 * A record is named by the index of its first word, so word `w` of record `i` is `memory[i + w]`, and a field seen as an
 * array of its own (`layFields`) is the same memory, shifted. Free records are chained through their first word; the one
 * given back last is taken first, for it is the likeliest to be in the cache.
 */
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { NIL, FIRST_RECORD } = layout;

/** Most words of one memory: indices stay small integers. */
const WORDS_MAX = 2 ** 30;
/** Memory for records that take so many words together. Throws RangeError when an index could not name them all. */
export function recordMemory(words: number): Int32Array {
  if (FIRST_RECORD + words > WORDS_MAX)
    throw new RangeError(`records of ${words} words together: must be below ${WORDS_MAX - FIRST_RECORD}`);
  return new Int32Array(FIRST_RECORD + words);
}

/** What a pool keeps of itself lies before the first record too: whole words, whatever is put there. */
const POOL_WORDS = 2;
const POOL_FREE = 0;
const POOL_USED = 1;

export class RecordPool {
  readonly memory: Int32Array;
  readonly capacity: number;
  readonly wordsPerRecord: number;
  /** Index of its words before the first record. */
  private readonly self: number;

  /** In memory of its own, or in a part of `memory` from `base` on, as the `which`th pool there. */
  constructor(
    capacity: number,
    wordsPerRecord: number,
    memory = recordMemory(capacity * wordsPerRecord),
    base = FIRST_RECORD,
    which = 0,
  ) {
    // A whole number for the compiler too: what comes out of a power may not be one.
    this.capacity = capacity | 0;
    this.wordsPerRecord = wordsPerRecord;
    this.memory = memory;
    this.self = which * POOL_WORDS;
    let firstFree = NIL;
    for (let i = base + (capacity - 1) * wordsPerRecord; i >= base; i -= wordsPerRecord) {
      memory[i] = firstFree;
      firstFree = i;
    }
    memory[this.self + POOL_FREE] = firstFree;
  }

  get freeCount(): number {
    return this.capacity - this.usedCount;
  }

  get usedCount(): number {
    return this.memory[this.self + POOL_USED];
  }

  /** A record that is free, its words as they were left; or NIL. */
  take(): number {
    const { memory, self } = this;
    const i = memory[self + POOL_FREE];
    if (i === NIL) return NIL;
    memory[self + POOL_FREE] = memory[i];
    memory[self + POOL_USED]++;
    return i;
  }

  give(i: number): void {
    const { memory, self } = this;
    memory[i] = memory[self + POOL_FREE];
    memory[self + POOL_FREE] = i;
    memory[self + POOL_USED]--;
  }
}

/**
 * Gives `owner` its fields as arrays indexed by record. They are views, so they are hidden from whoever walks the memory
 * or counts it: it is met once, as the pool's.
 */
export function layFields(owner: object, memory: Int32Array, words: Record<string, number>): void {
  for (const [name, word] of Object.entries(words)) {
    Object.defineProperty(owner, name, { value: memory.subarray(word), enumerable: false });
  }
}

/**
 * One doubly linked list over indices. Its links are words of its owner's memory: those of `i` are `memory[i + next]` and
 * `memory[i + prev]`.
 */
export class IndexList {
  head = NIL;
  tail = NIL;
  length = 0;
  readonly #memory: Int32Array;
  readonly #next: number;
  readonly #prev: number;

  constructor(memory: Int32Array, next: number, prev: number) {
    this.#memory = memory;
    this.#next = next;
    this.#prev = prev;
  }

  append(i: number): void {
    const memory = this.#memory;
    const last = this.tail;
    memory[i + this.#prev] = last;
    memory[i + this.#next] = NIL;
    if (last === NIL) this.head = i;
    else memory[last + this.#next] = i;
    this.tail = i;
    this.length++;
  }

  remove(i: number): void {
    const memory = this.#memory;
    const p = memory[i + this.#prev];
    const n = memory[i + this.#next];
    if (p === NIL) this.head = n;
    else memory[p + this.#next] = n;
    if (n === NIL) this.tail = p;
    else memory[n + this.#prev] = p;
    this.length--;
  }

  next(i: number): number {
    return this.#memory[i + this.#next];
  }
}

/** Fixed indices 0 … capacity-1 handed out and taken back, without allocation. */
export class IndexPool {
  readonly capacity: number;
  private free: Int32Array;
  private freeTop: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.free = new Int32Array(capacity);
    this.freeTop = capacity;
    for (let i = 0; i < capacity; i++) this.free[i] = capacity - 1 - i;
  }

  get freeCount(): number {
    return this.freeTop;
  }

  get usedCount(): number {
    return this.capacity - this.freeTop;
  }

  /** An index that is free, or -1. */
  take(): number {
    return this.freeTop === 0 ? -1 : this.free[--this.freeTop];
  }

  give(index: number): void {
    this.free[this.freeTop++] = index;
  }

  clone(): IndexPool {
    const c = new IndexPool(this.capacity);
    c.free.set(this.free);
    c.freeTop = this.freeTop;
    return c;
  }
}
