/**
 * Indicators `I[r]`, one bit per region, with a summary level and an exact count (claims 1, 7, 8, 10).
 *
 *   summary   bit w  = word w has a bit set            (1/32 of the words)
 *   words     bit r  = indicator of region r
 *
 * Cost: 1 + 1/32 bits per region. This is memory only; indicatorPages.ts knows what is durable.
 */
/** A page of the kernel has 1024 words: a map with fewer members may have pages that were never written. */
const WORDS_PER_MEMBER_COPIED = 64;

export class IndicatorMap {
  readonly regionCount: number;
  /** Signed, and indexed by shifts: V8 keeps all values in small integers, which is several times faster. */
  private words: Int32Array;
  private summary: Int32Array;
  private setCount = 0;

  constructor(regionCount: number) {
    if (!Number.isSafeInteger(regionCount) || regionCount < 1 || regionCount > 2 ** 32) {
      throw new RangeError(`regionCount ${regionCount}: must be an integer from 1 to 2^32`);
    }
    this.regionCount = regionCount;
    const words = Math.ceil(regionCount / 32);
    this.words = new Int32Array(words);
    this.summary = new Int32Array(Math.ceil(words / 32));
  }

  /** Number of indicators that are 1. */
  get count(): number {
    return this.setCount;
  }

  has(region: number): boolean {
    return ((this.words[region >>> 5] >>> (region & 31)) & 1) === 1;
  }

  /** Loads the words of these indicators into the cache. The return value has no meaning. */
  prefetch(regions: Uint32Array, count: number): number {
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= this.words[regions[i] >>> 5];
    return sum;
  }

  /** Returns whether the indicator changed. */
  set(region: number): boolean {
    const w = region >>> 5;
    const before = this.words[w];
    const after = before | (1 << (region & 31));
    if (after === before) return false;
    this.words[w] = after;
    this.summary[w >>> 5] |= 1 << (w & 31);
    this.setCount++;
    return true;
  }

  /** Returns whether the indicator changed. */
  clear(region: number): boolean {
    const w = region >>> 5;
    const before = this.words[w];
    const after = before & ~(1 << (region & 31));
    if (after === before) return false;
    this.words[w] = after;
    if (after === 0) this.summary[w >>> 5] &= ~(1 << (w & 31));
    this.setCount--;
    return true;
  }

  setRange(firstRegion: number, count: number): void {
    const end = Math.min(firstRegion + count, this.regionCount);
    if (firstRegion === 0 && end === this.regionCount) {
      this.setAll();
      return;
    }
    for (let r = firstRegion; r < end;) {
      const next = Math.min(end, r - (r & 31) + 32);
      this.setWord(Math.floor(r / 32), (-1 << (r & 31)) & (-1 >>> (32 - (next - r) - (r & 31))));
      r = next;
    }
  }

  private setAll(): void {
    this.words.fill(-1);
    this.summary.fill(-1);
    const [regions, words] = [this.regionCount, this.words.length];
    if (regions % 32 !== 0) this.words[words - 1] = 2 ** (regions % 32) - 1;
    if (words % 32 !== 0) this.summary[this.summary.length - 1] = 2 ** (words % 32) - 1;
    this.setCount = regions;
  }

  /** Sets the indicators of word `i` that are 1 in `bits`; bits beyond the last region stay 0. */
  setWord(i: number, bits: number): void {
    const left = this.regionCount - 32 * i;
    if (left <= 0) return;
    const before = this.words[i];
    const after = before | (left >= 32 ? bits : bits & (2 ** left - 1));
    if (after === before) return;
    this.words[i] = after;
    this.summary[i >>> 5] |= 1 << (i & 31);
    this.setCount += bitCount(after) - bitCount(before);
  }

  /** Sets every indicator that is 1 in the other map, which has as many regions. */
  setAllOf(other: IndicatorMap): void {
    // With few regions, a copy of all words would make the kernel provide memory for words that are 0.
    if (this.setCount === 0 && other.setCount > this.words.length / WORDS_PER_MEMBER_COPIED) {
      this.words.set(other.words);
      this.summary.set(other.summary);
      this.setCount = other.setCount;
      return;
    }
    for (let s = 0; s < other.summary.length; s++) {
      for (let sum = other.summary[s]; sum !== 0; sum &= sum - 1) {
        const i = s * 32 + lowestBit(sum);
        this.setWord(i, other.words[i]);
      }
    }
  }

  /** Takes the memory of the other map, which has as many regions and must not be used any more. */
  takeOver(other: IndicatorMap): void {
    this.words = other.words;
    this.summary = other.summary;
    this.setCount = other.setCount;
  }

  clearAll(): void {
    this.words.fill(0);
    this.summary.fill(0);
    this.setCount = 0;
  }

  /** First region >= `from` whose indicator is 1, or -1. */
  nextSet(from: number): number {
    if (from >= this.regionCount) return -1;
    let w = from >>> 5;
    const rest = this.words[w] & (-1 << (from & 31));
    if (rest !== 0) return w * 32 + lowestBit(rest);
    w++;
    let s = w >>> 5;
    if (s >= this.summary.length) return -1;
    let sum = this.summary[s] & (-1 << (w & 31));
    while (sum === 0) {
      if (++s >= this.summary.length) return -1;
      sum = this.summary[s];
    }
    const word = s * 32 + lowestBit(sum);
    return word * 32 + lowestBit(this.words[word]);
  }

  /** First region >= `from` whose indicator is 0, or the number of regions. */
  nextClear(from: number): number {
    let w = from >>> 5;
    if (from >= this.regionCount) return this.regionCount;
    let rest = ~this.words[w] & (-1 << (from & 31));
    while (rest === 0 && ++w < this.words.length) rest = ~this.words[w];
    return rest === 0 ? this.regionCount : Math.min(this.regionCount, w * 32 + lowestBit(rest));
  }

  /** Word `i`: indicators of regions 32 i … 32 i + 31, lowest bit first. Pages are encoded from it. */
  word(i: number): number {
    return i < this.words.length ? this.words[i] >>> 0 : 0;
  }

  /** Regions whose indicator is 1, ascending. */
  *regions(): Generator<number> {
    for (let r = this.nextSet(0); r !== -1; r = this.nextSet(r + 1)) yield r;
  }

  clone(): IndicatorMap {
    const c = new IndicatorMap(this.regionCount);
    c.words.set(this.words);
    c.summary.set(this.summary);
    c.setCount = this.setCount;
    return c;
  }
}

function bitCount(x: number): number {
  let n = x - ((x >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function lowestBit(x: number): number {
  return 31 - Math.clz32(x & -x);
}
