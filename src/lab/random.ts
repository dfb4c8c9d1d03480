/**
 * Seeded random streams of the lab, one for each purpose: a further draw in one stream does not change the others. The
 * generator is that of src/base/prng.ts. Seeding and draws stay as they are, so that a seed of a recorded run gives the
 * same faults again. Not for cryptography.
 */
import { xoshiro128 } from '../base/prng.js';

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

/** FNV-1a over the UTF-16 units of a stream's name. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** `seed`: 0 … 2^53-1. `stream`: a disk and a purpose, as `p/kill`. Throws RangeError for another seed. */
export function seededRandom(seed: number, stream: string): Random {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`seed ${seed} is outside 0 … 2^53-1; give an integer of this range`);
  const fillLow = splitmix32((seed % TWO_32) ^ hashName(stream));
  const fillHigh = splitmix32(Math.floor(seed / TWO_32) + hashName(`${stream}/high`));
  const [a, b, c, d] = [fillLow(), fillHigh(), fillLow(), fillHigh()];
  const uint32 = xoshiro128((a | b | c | d) === 0 ? 1 : a, b, c, d);
  const unit = (): number => uint32() / TWO_32;
  return {
    uint32,
    unit,
    below: (bound) => Math.floor((((uint32() >>> 11) * TWO_32 + uint32()) / 2 ** 53) * bound),
    chance: (probability) => unit() < probability,
  };
}
