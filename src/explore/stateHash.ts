/**
 * Hashes of states, 53 bits in one number (two 32-bit lanes that take the same words), and a set of such hashes. Good
 * enough to distinguish millions of states: among n states, about n² / 2^54 pairs have the same hash. Not for secrets.
 */
export class Mix {
  private a = 0x9e3779b9;
  private b = 0x85ebca6b;

  add(word: number): this {
    this.a = Math.imul(this.a ^ word, 0x01000193) ^ (this.a >>> 15);
    this.b = Math.imul(((this.b << 7) | (this.b >>> 25)) ^ word, 0x9e3779b1);
    return this;
  }

  /** Any number, with or without a fraction. */
  addNumber(x: number): this {
    if ((x | 0) === x) return this.add(x);
    SCRATCH[0] = x;
    return this.add(WORDS[0]).add(WORDS[1]);
  }

  addText(text: string): this {
    for (let i = 0; i < text.length; i++) this.add(text.charCodeAt(i));
    return this.add(text.length);
  }

  get value(): number {
    return finish(this.a, this.b);
  }
}

const SCRATCH = new Float64Array(1);
const WORDS = new Int32Array(SCRATCH.buffer);

function avalanche(x: number): number {
  let z = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}

function finish(a: number, b: number): number {
  return (avalanche(a ^ Math.imul(b, 3)) >>> 11) * 2 ** 32 + (avalanche(b ^ (a << 1)) >>> 0);
}

/** Hash of a short list of numbers. */
export function mixAll(words: Iterable<number>): number {
  const m = new Mix();
  for (const w of words) m.addNumber(w);
  return m.value;
}

/** A set of 53-bit hashes in flat memory: open addressing, no object per element. */
const EMPTY = -1;

export class StateSet {
  private table: Float64Array<ArrayBuffer>;
  private mask: number;
  size = 0;

  constructor(capacityLog2 = 16) {
    this.table = new Float64Array(2 ** capacityLog2).fill(EMPTY);
    this.mask = this.table.length - 1;
  }

  /** Returns true if the hash was not in the set. */
  add(hash: number): boolean {
    if (this.size * 2 > this.mask) this.grow();
    const at = this.find(hash);
    if (this.table[at] === hash) return false;
    this.table[at] = hash;
    this.size++;
    return true;
  }

  /** The flat table, for another thread: all entries except -1 are elements. */
  get raw(): Float64Array<ArrayBuffer> {
    return this.table;
  }

  private find(hash: number): number {
    // The low word of the hash is well mixed, and at most half of the table is in use.
    let at = (hash >>> 0) & this.mask;
    while (this.table[at] !== EMPTY && this.table[at] !== hash) at = (at + 1) & this.mask;
    return at;
  }

  private grow(): void {
    const old = this.table;
    this.table = new Float64Array(old.length * 2).fill(EMPTY);
    this.mask = this.table.length - 1;
    for (const h of old) if (h !== EMPTY) this.table[this.find(h)] = h;
  }
}
