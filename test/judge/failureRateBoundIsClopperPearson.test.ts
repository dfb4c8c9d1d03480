import { describe, expect, it } from 'vitest';
import { failureRateUpperBound } from '../../src/judge/verdict/verdict.js';

/** The probability of at most `failures` in `cycles` at rate p, summed term by term. */
function atMost(failures: number, cycles: number, p: number): number {
  let term = (1 - p) ** cycles;
  let sum = term;
  for (let k = 1; k <= failures; k++) {
    term *= (((cycles - k + 1) / k) * p) / (1 - p);
    sum += term;
  }
  return sum;
}

describe('the 95 % bound on the failure rate', () => {
  it('is the rate at which so few failures have a probability of 5 %', () => {
    for (const [failures, cycles] of [
      [0, 1],
      [0, 10],
      [1, 10],
      [3, 50],
      [7, 8],
      [2, 1000],
    ] as const) {
      const bound = failureRateUpperBound(failures, cycles);
      expect(atMost(failures, cycles, bound)).toBeCloseTo(0.05, 9);
    }
  });

  it('is about 3/N for no failure in N', () => {
    for (const cycles of [100, 1000, 10_000]) expect(failureRateUpperBound(0, cycles) * cycles).toBeCloseTo(3, 1);
  });

  it('is 1 without cycles or if all failed, and refuses impossible counts', () => {
    expect(failureRateUpperBound(0, 0)).toBe(1);
    expect(failureRateUpperBound(5, 5)).toBe(1);
    expect(() => failureRateUpperBound(6, 5)).toThrow(RangeError);
    expect(() => failureRateUpperBound(0.5, 5)).toThrow(RangeError);
  });
});
