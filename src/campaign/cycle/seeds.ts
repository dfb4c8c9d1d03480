/**
 * Seeds (pure). Each cycle and each use within it has its own, so that cycle 17 can be run again alone:
 *
 *   cycle seed = mix(campaign seed, index)      use seed = mix(cycle seed, USE)
 *
 * `mix` is the finalizer of splitmix64 over seed + (n + 1) * golden ratio, cut to 53 bits (exact in a double). Changing
 * it changes what every recorded seed replays.
 */
const MASK_64 = (1n << 64n) - 1n;
const GOLDEN = 0x9e3779b97f4a7c15n;
const SEED_BITS = 53n;

/** What a cycle's seed is divided into. Numbers are part of the derivation: append, never renumber. */
export const SEED_USE = { workload: 0, cutTime: 1 } as const;

/** 0 … 2^53-1 from a seed of the same range and a non-negative integer. */
export function mixSeed(seed: number, n: number): number {
  let z = (BigInt(seed) + (BigInt(n) + 1n) * GOLDEN) & MASK_64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
  z ^= z >> 31n;
  return Number(z >> (64n - SEED_BITS));
}

/** Uniform in [min, max), from a seed. */
export function uniform(seed: number, min: number, max: number): number {
  return min + (seed / 2 ** Number(SEED_BITS)) * (max - min);
}
