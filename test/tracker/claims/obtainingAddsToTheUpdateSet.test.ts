/** Claims 2, 11, 14, 20, 27: the update's identifier joins the set of updates to the location. */
import { expect, it } from 'vitest';
import { ClaimBench } from './bench.js';
import { claimsOf } from './table.js';

for (const { claim, form } of claimsOf('obtainingAddsToTheUpdateSet')) {
  it(`claim ${claim} (${form}): the update's identifier is added to the set of updates to its location`, () => {
    const bench = new ClaimBench();
    expect(bench.updateSet(0)).toBe(0);
    bench.write(0, 0);
    expect(bench.updateIds(0)).toEqual([1]);
    bench.write(1, 0);
    expect(bench.updateIds(0)).toEqual([1, 2]);
    expect(bench.updateSet(0)).toBe(2);
    expect(bench.updateSet(1)).toBe(0);
    expect(bench.indicator(0)).toBe(true);
  });
}
