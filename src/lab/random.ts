/**
 * Seeded randomness of the lab: xoshiro128** (Blackman, Vigna 2018) with its state filled by splitmix32, one stream per
 * purpose. Same seed and same stream name: same numbers, on every host. Not for cryptography.
 */

export interface Random {
  /** 0 … 2^32-1 */
  uint32(): number;
  /** 0 ≤ x < 1 */
  unit(): number;
  /** 0 … bound-1; bound 1 … 2^53-1 */
  below(bound: number): number;
  /** True with this probability; 0 never, 1 always. */
  chance(probability: number): boolean;
}

const TWO_32 = 0x1_0000_0000;

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

/** FNV-1a over the UTF-16 units of a name: turns "disk p, kill model" into a stream number. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

const rotl = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0;

/** `seed`: 0 … 2^53-1. `stream` keeps disks and purposes apart: a draw more in one does not move the others. */
export function seededRandom(seed: number, stream: string): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed ${seed}: an integer from 0 to 2^53-1`);
  const fillLow = splitmix32((seed % TWO_32) ^ hashName(stream));
  const fillHigh = splitmix32(Math.floor(seed / TWO_32) + hashName(`${stream}/high`));
  let [a, b, c, d] = [fillLow(), fillHigh(), fillLow(), fillHigh()];
  if ((a | b | c | d) === 0) a = 1; // the only state that xoshiro never leaves

  const uint32 = (): number => {
    const result = Math.imul(rotl(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotl(d >>> 0, 11);
    return result;
  };
  const unit = (): number => uint32() / TWO_32;
  return {
    uint32,
    unit,
    below: (bound) => Math.floor((((uint32() >>> 11) * TWO_32 + uint32()) / 2 ** 53) * bound),
    chance: (probability) => unit() < probability,
  };
}
