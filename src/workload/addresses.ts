/**
 * Addresses of a load, in constant memory: Zipf-distributed ranks, and a seeded permutation that spreads the ranks over
 * the device. A table of probabilities or places would not fit: a device has up to 2^52 blocks.
 *
 * Ranks: rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete
 * distributions", 1996), for any exponent >= 0, also 1. Permutation: a Feistel network over the next even number of
 * bits, repeated until the result is in range (cycle walking; fewer than 4 steps on average). Not for secrets.
 */
import { createPrng, mix32, type Prng } from '../base/prng.js';

/** log1p(x)/x, continuous at 0. */
function log1pOverX(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x * (0.5 - x * (1 / 3 - 0.25 * x));
}

/** expm1(x)/x, continuous at 0. */
function expm1OverX(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + x * 0.5 * (1 + (x / 3) * (1 + 0.25 * x));
}

/**
 * A sampler of ranks 0 … count-1, rank k with weight 1/(k+1)^exponent; exponent 0 is uniform.
 * Throws RangeError for a count below 1 and for a negative exponent.
 */
export function createZipf(count: number, exponent: number): (prng: Prng) => number {
  if (!(count >= 1)) throw new RangeError(`Zipf distribution over ${count} ranks: must be at least 1`);
  if (!(exponent >= 0)) throw new RangeError(`Zipf exponent ${exponent}: must be 0 (uniform) or more`);
  if (exponent === 0) return (prng) => prng.nextBelow(count);

  /** Integral of x^-exponent, and its inverse. */
  const hIntegral = (x: number): number => {
    const logX = Math.log(x);
    return expm1OverX((1 - exponent) * logX) * logX;
  };
  const hIntegralInverse = (x: number): number => {
    const t = Math.max(-1, x * (1 - exponent));
    return Math.exp(log1pOverX(t) * x);
  };
  const h = (x: number): number => Math.exp(-exponent * Math.log(x));

  const hAtFirst = hIntegral(1.5) - 1;
  const hAtLast = hIntegral(count + 0.5);
  /** Ranks this close to their inverse are accepted without computing the density. */
  const squeeze = 2 - hIntegralInverse(hIntegral(2.5) - h(2));

  return (prng) => {
    for (;;) {
      const u = hAtLast + prng.nextUnit() * (hAtFirst - hAtLast);
      const x = hIntegralInverse(u);
      const k = Math.min(count, Math.max(1, Math.floor(x + 0.5)));
      if (k - x <= squeeze || u >= hIntegral(k + 0.5) - h(k)) return k - 1;
    }
  };
}

/**
 * Four rounds suffice with random round functions (Luby and Rackoff); one more, because `mix32` is a fixed function.
 */
const ROUNDS = 5;

/** A permutation of 0 … count-1; `count` is 1 … 2^52. Throws RangeError for any other count. */
export function createScatter(count: number, seed: number): (index: number) => number {
  if (!(count >= 1 && count <= 2 ** 52)) throw new RangeError(`permutation of ${count} places: must be 1 … 2^52`);
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
