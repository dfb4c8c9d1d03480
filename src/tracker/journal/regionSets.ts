/**
 * Sets of regions, one for each owner, for recovery: an open-addressing hash of words of 32 regions. Its memory follows
 * the members, 16 to 32 bytes for each word that has one, and not the number of regions or owners.
 */

const INITIAL_BUCKETS = 256;
/** A bucket: the owner as a double, then the word's number and its bits, as 32-bit integers. */
const WORDS_PER_BUCKET = 4;
const WORD = 2;
const BITS = 3;

export class RegionSets {
  private words = new Int32Array(INITIAL_BUCKETS * WORDS_PER_BUCKET);
  private owners = new Float64Array(this.words.buffer);
  private shift = 32 - Math.log2(INITIAL_BUCKETS);
  private used = 0;

  /** Buckets in use. */
  get size(): number {
    return this.used;
  }

  /** Bit i: the owner's set has region 32 word + i. */
  bits(owner: number, word: number): number {
    return this.words[this.find(owner, word) + BITS]!;
  }

  /** Adds the regions of a word that are 1 in `bits`. */
  add(owner: number, word: number, bits: number): void {
    if (bits === 0) return;
    let at = this.find(owner, word);
    if (this.words[at + BITS] === 0) {
      if (2 * (this.used + 1) * WORDS_PER_BUCKET > this.words.length) {
        this.grow();
        at = this.find(owner, word);
      }
      this.used++;
      this.owners[at / 2] = owner;
      this.words[at + WORD] = word;
    }
    this.words[at + BITS]! |= bits;
  }

  /** Shows the words that have members, in no order. */
  forEach(show: (owner: number, word: number, bits: number) => void): void {
    for (let at = 0; at < this.words.length; at += WORDS_PER_BUCKET) {
      const bits = this.words[at + BITS]!;
      if (bits !== 0) show(this.owners[at / 2]!, this.words[at + WORD]!, bits);
    }
  }

  /** Index of the bucket that has the word, or of the empty one that it would get. A bucket without bits is empty. */
  private find(owner: number, word: number): number {
    const { words, owners } = this;
    const mask = words.length - 1;
    const low = owner | 0;
    const mixed = Math.imul(low ^ Math.imul(word, 0x85ebca6b) ^ (owner / 2 ** 32), 0x9e3779b1);
    let at = (Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> this.shift) * WORDS_PER_BUCKET;
    while (words[at + BITS] !== 0 && (words[at + WORD] !== word || owners[at / 2] !== owner))
      at = (at + WORDS_PER_BUCKET) & mask;
    return at;
  }

  private grow(): void {
    const { words, owners } = this;
    this.words = new Int32Array(words.length * 2);
    this.owners = new Float64Array(this.words.buffer);
    this.shift--;
    for (let at = 0; at < words.length; at += WORDS_PER_BUCKET) {
      if (words[at + BITS] === 0) continue;
      const to = this.find(owners[at / 2]!, words[at + WORD]!);
      this.owners[to / 2] = owners[at / 2]!;
      this.words[to + WORD] = words[at + WORD]!;
      this.words[to + BITS] = words[at + BITS]!;
    }
  }
}

/** Bits of the regions `first … end - 1` that are in word `word`. */
export function bitsOfRange(word: number, first: number, end: number): number {
  const from = Math.max(0, first - 32 * word);
  const to = Math.min(32, end - 32 * word);
  return from >= to ? 0 : (-1 << from) & (-1 >>> (32 - to));
}
