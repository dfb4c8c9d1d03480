/**
 * Hashes of states, 53 bits wide, in one number: two 32-bit lanes that take the same words. Good for telling states
 * apart by the million (n states: about n² / 2^54 pairs taken for one); not for secrets.
 */
export class Mix {
  private a = 0x9e3779b9;
  private b = 0x85ebca6b;

  add(word: number): this {
    this.a = Math.imul(this.a ^ word, 0x01000193) ^ (this.a >>> 15);
    this.b = Math.imul(((this.b << 7) | (this.b >>> 25)) ^ word, 0x9e3779b1);
    return this;
  }

  /** A number of any size or kind of fraction. */
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
