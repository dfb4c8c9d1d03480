/**
 * Finds the page of a block: an open-addressing hash from page numbers (block number / 32) to slots 0, 1, 2, …, in the
 * order in which pages were added. Its memory follows the number of pages and not the size of the area. Page numbers
 * are exact doubles, so an area may have up to 2^53 bytes.
 */

/** `find`: the page was never added. */
export const NO_PAGE = -1;

const INITIAL_BUCKETS = 64;
/** A bucket has 16 bytes, so that a search reads one cache line: the page number as a double, then slot + 1. */
const WORDS_PER_BUCKET = 4;
const SLOT_WORD = 2;
/** 2^32 / golden ratio: neighboring page numbers get distant buckets. */
const SPREAD = 0x9e3779b1;

export class PageIndex {
  private words!: Int32Array;
  private numbers!: Float64Array;
  /** The bucket of a page is the upper bits of its hash. */
  private shift = 0;
  private used = 0;
  /** The last page that was found: a pass over an area asks for each page many times in a row. */
  private lastNumber = -1;
  private lastSlot = NO_PAGE;

  constructor() {
    this.allocate(INITIAL_BUCKETS);
  }

  /** Number of pages. */
  get size(): number {
    return this.used;
  }

  /** Slot of the page, or NO_PAGE. */
  find(page: number): number {
    if (page === this.lastNumber) return this.lastSlot;
    const slot = this.words[this.bucketOf(page) * WORDS_PER_BUCKET + SLOT_WORD]! - 1;
    if (slot === NO_PAGE) return NO_PAGE;
    this.lastNumber = page;
    this.lastSlot = slot;
    return slot;
  }

  /** Adds a page that `find` does not find, and returns its slot. */
  add(page: number): number {
    if (2 * (this.used + 1) > this.numbers.length / 2) this.grow();
    const slot = this.used++;
    this.put(page, slot);
    this.lastNumber = page;
    this.lastSlot = slot;
    return slot;
  }

  private put(page: number, slot: number): void {
    const bucket = this.bucketOf(page);
    this.numbers[bucket * 2] = page;
    this.words[bucket * WORDS_PER_BUCKET + SLOT_WORD] = slot + 1;
  }

  /** The bucket that has the page, or the empty one that it would get. */
  private bucketOf(page: number): number {
    const { words, numbers } = this;
    const mask = numbers.length / 2 - 1;
    const mixed = Math.imul((page | 0) ^ Math.imul(page / 2 ** 32, 0x85ebca6b), SPREAD);
    let bucket = mixed >>> this.shift;
    while (words[bucket * WORDS_PER_BUCKET + SLOT_WORD] !== 0 && numbers[bucket * 2] !== page)
      bucket = (bucket + 1) & mask;
    return bucket;
  }

  private grow(): void {
    const { words, numbers } = this;
    this.allocate(numbers.length);
    for (let bucket = 0; bucket < numbers.length / 2; bucket++) {
      const slot = words[bucket * WORDS_PER_BUCKET + SLOT_WORD]! - 1;
      if (slot !== NO_PAGE) this.put(numbers[bucket * 2]!, slot);
    }
  }

  private allocate(buckets: number): void {
    this.words = new Int32Array(buckets * WORDS_PER_BUCKET);
    this.numbers = new Float64Array(this.words.buffer);
    this.shift = 32 - Math.log2(buckets);
  }
}
