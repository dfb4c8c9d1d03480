/** Medians, spreads and ratios as the benchmarks print them. */
import { describe, expect, it } from 'vitest';
import { figureOf, ratioOf, number } from '../../src/bench/figures.js';

describe('figures', () => {
  it('are median, minimum and maximum of the rounds in any order', () => {
    expect(figureOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5, spread: 4 / 3 });
    expect(figureOf([4, 2])).toEqual({ median: 3, min: 2, max: 4, spread: 2 / 3 });
    expect(figureOf([7])).toEqual({ median: 7, min: 7, max: 7, spread: 0 });
    expect(() => figureOf([])).toThrow(RangeError);
  });

  it('compare each round with the same round of the other', () => {
    // The second round ran at half speed for both: the ratio does not move.
    expect(ratioOf([100, 50, 100], [200, 100, 200])).toEqual({ median: 0.5, min: 0.5, max: 0.5, spread: 0 });
    expect(() => ratioOf([1, 2], [1])).toThrow(RangeError);
  });

  it('print with three digits and groups of thousands', () => {
    expect([0, 0.01234, 1.234, 12.34, 123.4, 12345.6, 1234567].map(number)).toEqual([
      '0',
      '0.0123',
      '1.23',
      '12.3',
      '123',
      '12 346',
      '1 234 567',
    ]);
    expect(number(Number.NaN)).toBe('–');
  });
});
