/** Claims 1, 10, 19, 25, 26: obtaining data for replication sets the indicator of its location. */
import { expect, it } from 'vitest';
import { ClaimBench } from './bench.js';
import { claimsOf } from './table.js';

for (const { claim, form } of claimsOf('obtainingSetsTheIndicator')) {
  it(`claim ${claim} (${form}): obtaining data sets the indicator before a byte of it reaches an area`, () => {
    const bench = new ClaimBench();
    expect(bench.indicator(0)).toBe(false);
    bench.write(0, 0);
    expect(bench.indicator(0)).toBe(true);
    expect(bench.indicator(1), 'another location').toBe(false);
    // Nothing has been submitted to P or S yet: the log's block is still on its way.
    expect(bench.world.areas[0].flying).toEqual([]);
    expect(bench.world.areas[1].flying).toEqual([]);
    bench.run('P', 'S');
    expect(bench.world.areas[0].visible[0], 'the data is in the location of the first area').toBe(1);
  });
}

it('claim 1, what it is for: while the areas differ the indicator says so, on every step of the way', () => {
  const bench = new ClaimBench();
  bench.write(0, 0);
  for (let step = bench.world.deviceSteps()[0]; step !== undefined; step = bench.world.deviceSteps()[0]) {
    bench.world.take(step);
    const same = bench.world.areas[0].visible[0] === bench.world.areas[1].visible[0];
    if (!same) expect(bench.indicator(0)).toBe(true);
  }
});
