import { describe, expect, it } from 'vitest';
import { createPrng, deriveSeed } from '../../src/base/prng.js';

describe('seeded numbers', () => {
  it('are equal for equal seeds and different for neighboring seeds', () => {
    const draw = (seed: number): number[] => {
      const prng = createPrng(seed);
      return Array.from({ length: 50 }, () => prng.nextU32());
    };
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
    expect(draw(1)).not.toEqual(draw(1 + 2 ** 32));
    expect(draw(0)).not.toEqual(draw(2 ** 53 - 1));
  });

  it('fill their ranges evenly', () => {
    const prng = createPrng(7);
    const buckets = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) buckets[prng.nextBelow(10)]!++;
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    for (let i = 0; i < 1000; i++) {
      const unit = prng.nextUnit();
      expect(unit >= 0 && unit < 1).toBe(true);
      expect(Number.isSafeInteger(prng.nextId())).toBe(true);
    }
  });

  it('derive seeds that do not collide for neighboring cycles and campaigns', () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 100; seed++) {
      for (let index = 0; index < 100; index++) seen.add(deriveSeed(seed, index));
    }
    expect(seen.size).toBe(10_000);
  });

  it('refuse a seed that is not a non-negative integer', () => {
    expect(() => createPrng(-1)).toThrow(RangeError);
    expect(() => createPrng(0.5)).toThrow(RangeError);
  });
});
