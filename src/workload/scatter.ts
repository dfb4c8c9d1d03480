/**
 * A seeded permutation of 0 … count-1 in constant memory: a Feistel network over the next even number of bits, walked
 * until it falls inside (cycle walking; fewer than 4 steps on average). Spreads the hot ranks of a skewed load over
 * the device; not for secrets.
 */
import { createPrng, mix32 } from '../base/prng.js';

/** Four rounds make a Feistel network with good round functions look random (Luby and Rackoff); one more for ours. */
const ROUNDS = 5;

/** `count`: 1 … 2^52. Throws RangeError beyond. The result maps each index to its own place. */
export function createScatter(count: number, seed: number): (index: number) => number {
  if (!(count >= 1 && count <= 2 ** 52)) throw new RangeError(`scatter over ${count} places: 1 … 2^52 are possible`);
  const halfBits = Math.max(1, Math.ceil(Math.ceil(Math.log2(count)) / 2));
  const halfSize = 2 ** halfBits;
  const halfMask = halfSize - 1;
  const prng = createPrng(seed);
  const keys = Array.from({ length: ROUNDS }, () => prng.nextU32());

  const permute = (index: number): number => {
    let left = Math.floor(index / halfSize);
    let right = index % halfSize;
    for (const key of keys) {
      const next = (left ^ mix32(right ^ key)) & halfMask;
      left = right;
      right = next >>> 0;
    }
    return left * halfSize + right;
  };
  return (index) => {
    let place = permute(index);
    while (place >= count) place = permute(place);
    return place;
  };
}
