/**
 * Seeded pseudo-random numbers: xoshiro128** (Blackman and Vigna, 2018), 32-bit arithmetic only, so that the hot path
 * needs no BigInt. Same seed, same numbers, on every machine. Not for secrets.
 */
export interface Prng {
  /** 0 … 2^32-1 */
  nextU32(): number;
  /** [0, 1) with 53 random bits. */
  nextUnit(): number;
  /** 0 … bound-1; bound 1 … 2^53. The bias is below bound / 2^53. */
  nextBelow(bound: number): number;
  /** 1 … 2^53-1: fit for a run id or a seed, which may not be 0. */
  nextId(): number;
}

const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;
/** Weyl increment of splitmix32: 2^32 divided by the golden ratio, odd. */
const GOLDEN_32 = 0x9e3779b9;

/** Murmur3's 32-bit finalizer: every input bit reaches every output bit. */
export function mix32(x: number): number {
  let z = x >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed ${seed}: must be an integer from 0 to 2^53-1`);
  }
}

/** The generator alone, from its four words of state, of which one must not be 0. Each call returns 0 … 2^32-1. */
export function xoshiro128(a: number, b: number, c: number, d: number): () => number {
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}

/** `seed`: an integer from 0 to 2^53-1; all of its bits count. Throws RangeError for any other value. */
export function createPrng(seed: number): Prng {
  checkSeed(seed);
  const low = seed >>> 0;
  const high = Math.floor(seed / TWO_32);
  let weyl = mix32(high ^ 0x70706c67);
  const word = (): number => {
    weyl = (weyl + GOLDEN_32) >>> 0;
    return mix32(weyl ^ mix32(low + weyl));
  };
  // xoshiro cannot leave the state in which all words are 0.
  const nextU32 = xoshiro128(word(), word(), word(), (word() | 1) >>> 0);
  const next53 = (): number => (nextU32() >>> 5) * 0x4000000 + (nextU32() >>> 6);
  return {
    nextU32,
    nextUnit: () => next53() / TWO_53,
    nextBelow(bound) {
      if (!(bound >= 1 && bound <= TWO_53)) throw new RangeError(`bound ${bound}: must be from 1 to 2^53`);
      return Math.floor((next53() / TWO_53) * bound);
    },
    nextId: () => next53() || 1,
  };
}

/**
 * The seed of part `index` of something seeded with `seed`, such as cycle 7 of a campaign. Neighboring seeds and
 * indices give independent streams. Both are 0 … 2^53-1; the result is 1 … 2^53-1.
 */
export function deriveSeed(seed: number, index: number): number {
  checkSeed(seed);
  checkSeed(index);
  const spread = createPrng(index).nextId();
  const low = ((seed >>> 0) ^ (spread >>> 0)) >>> 0;
  const high = (Math.floor(seed / TWO_32) ^ Math.floor(spread / TWO_32)) & 0x1fffff;
  return createPrng(high * TWO_32 + low).nextId();
}
