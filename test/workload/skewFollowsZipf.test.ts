import { describe, expect, it } from 'vitest';
import { createPrng } from '../../src/base/prng.js';
import { createScatter, createZipf } from '../../src/workload/addresses.js';
import { createWorkload } from '../../src/workload/workload.js';

describe('skewed addresses', () => {
  it.each([0, 0.5, 0.99, 1, 1.2])('rank k has weight 1/(k+1)^%f', (exponent) => {
    const ranks = 100;
    const draws = 200_000;
    const sample = createZipf(ranks, exponent);
    const prng = createPrng(5);
    const counts = new Float64Array(ranks);
    for (let i = 0; i < draws; i++) counts[sample(prng)]!++;
    const weights = Array.from({ length: ranks }, (_, k) => 1 / (k + 1) ** exponent);
    const total = weights.reduce((a, b) => a + b);
    for (let k = 0; k < ranks; k++) {
      const expected = (draws * weights[k]!) / total;
      expect(Math.abs(counts[k]! - expected)).toBeLessThan(6 * Math.sqrt(expected));
    }
  });

  it('the scatter is a permutation', () => {
    for (const count of [1, 2, 3, 100, 1000, 4097]) {
      const place = createScatter(count, 9);
      const seen = new Set(Array.from({ length: count }, (_, i) => place(i)));
      expect(seen.size).toBe(count);
      expect(Math.max(...seen)).toBe(count - 1);
    }
  });

  it('the hottest blocks are spread over the device, elsewhere for another seed', () => {
    const blocks = 2 ** 31;
    const hot = (seed: number): number[] => {
      const place = createScatter(blocks, seed);
      return Array.from({ length: 64 }, (_, i) => place(i));
    };
    const quarters = new Set(hot(1).map((b) => Math.floor((b * 4) / blocks)));
    expect(quarters.size).toBe(4);
    expect(hot(1)).not.toEqual(hot(2));
  });

  it('small writes are as frequent as large ones, an octave each', () => {
    const spec = {
      usableBytes: 2 ** 30,
      alignBytes: 512,
      writesPerTransaction: { min: 8, max: 8 },
      writeBytes: { min: 4096, max: 262_144 },
      addresses: { pattern: 'uniform' as const, skew: 0 },
    };
    const workload = createWorkload(spec, 3);
    const octaves = new Array<number>(7).fill(0);
    for (let t = 0; t < 2000; t++) {
      for (const w of workload.nextTransaction().writes) octaves[Math.floor(Math.log2(w.lengthBytes / 4096))]!++;
    }
    // 4, 8, …, 128 KiB start an octave each; the last one is only the 256 KiB write itself.
    for (const count of octaves.slice(0, 6)) expect(count).toBeGreaterThan(2000);
  });
});
