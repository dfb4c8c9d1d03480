/** Claims 3, 15, 21, 28: a transaction's write puts the location into the log for the transaction. */
import { expect, it } from 'vitest';
import { ClaimBench } from './bench.js';
import { claimsOf } from './table.js';

for (const { claim, form } of claimsOf('theLogNamesTheLocation')) {
  it(`claim ${claim} (${form}): the location a transaction writes stands in the log for it, durably, before the data moves`, () => {
    const bench = new ClaimBench();
    bench.write(0, 1);
    expect(bench.log()).toEqual([]);
    expect(bench.world.areas[0].flying).toEqual([]);
    bench.run();
    expect(bench.log()).toEqual([
      { kind: 'begin', transaction: 1, region: 0 },
      { kind: 'write', transaction: 1, region: 1 },
    ]);
    expect(bench.world.areas[0].flying).toHaveLength(1);
    expect(bench.recovered().dirty).toEqual([1]);
  });
}

it('claim 3 for each transaction: two that write one location have a record each', () => {
  const bench = new ClaimBench();
  bench.write(0, 0);
  bench.run();
  bench.write(1, 0);
  bench.tick(1);
  bench.run();
  expect(bench.log().filter((r) => r.kind === 'write')).toEqual([
    { kind: 'write', transaction: 1, region: 0 },
    { kind: 'write', transaction: 2, region: 0 },
  ]);
});
