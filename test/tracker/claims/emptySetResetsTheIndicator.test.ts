/** Claims 7, 8, 18, 24, 31: when the set of updates to a location is empty, its indicator is reset; before, it is not. */
import { expect, it } from 'vitest';
import { ClaimBench } from './bench.js';
import { claimsOf } from './table.js';

for (const { claim, form } of claimsOf('emptySetResetsTheIndicator')) {
  it(`claim ${claim} (${form}): the last update to leave the set resets the indicator`, () => {
    const bench = new ClaimBench();
    const first = bench.write(0, 0);
    bench.run();
    const second = bench.write(1, 0);
    bench.tick(1);
    bench.acknowledge(first);
    expect(bench.updateSet(0)).toBe(1);
    expect(bench.indicator(0), 'the set is not empty').toBe(true);
    bench.acknowledge(second);
    expect(bench.updateSet(0)).toBe(0);
    expect(bench.indicator(0)).toBe(false);
    expect(bench.world.areas[0].possible(0)).toBe(bench.world.areas[1].possible(0));
  });
}
