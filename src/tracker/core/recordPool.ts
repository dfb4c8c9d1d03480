/**
 * Pools and lists without allocation. A record is a few 32-bit words in one array: its fields are on one cache line and
 * cost one miss instead of one per field.
 *
 * A record is named by the index of its first word: word `w` of record `i` is `memory[i + w]`. This is the only way to
 * read a field; arrays per field (typed-array views) cost a load of their base address each. Free records are chained
 * through their first word. The record given back last is taken first, because it is the likeliest to be in the cache.
 */
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { NIL, FIRST_RECORD } = layout;

/** The most words of one array: indices stay small integers. */
const WORDS_MAX = 2 ** 30;

/** Memory for records of `words` words together. Throws RangeError when an index could not name all of them. */
export function recordMemory(words: number): Int32Array {
  if (FIRST_RECORD + words > WORDS_MAX)
    throw new RangeError(`records of ${words} words together: must be below ${WORDS_MAX - FIRST_RECORD}`);
  return new Int32Array(FIRST_RECORD + words);
}

/** A pool keeps its own fields in words before the first record. */
const POOL_WORDS = 2;
const POOL_FREE = 0;
const POOL_USED = 1;

export class RecordPool {
  readonly memory: Int32Array;
  readonly capacity: number;
  readonly wordsPerRecord: number;
  /** Index of its own words. */
  private readonly self: number;

  /** In memory of its own, or in `memory` from index `base` on, as pool number `which` there. */
  constructor(
    capacity: number,
    wordsPerRecord: number,
    memory = recordMemory(capacity * wordsPerRecord),
    base = FIRST_RECORD,
    which = 0,
  ) {
    // The compiler then knows that it is an integer; a result of `**` may not be one.
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

  /** A free record, with the words that its last owner left; or NIL. */
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
 * A doubly linked list of indices. The links of `i` are words of the owner's memory: `memory[i + next]`, `memory[i +
 * prev]`.
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

/** Hands out the indices 0 … capacity-1 and takes them back. */
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

  /** A free index, or -1. */
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
