/** Claims 5, 17, 23, 30: when a transaction is completed, a record in the log says so. */
import { expect, it } from 'vitest';
import { ClaimBench } from './bench.js';
import { claimsOf } from './table.js';

for (const { claim, form } of claimsOf('completionIsRecorded')) {
  it(`claim ${claim} (${form}): a transaction that is closed and has nothing left in the log gets its completion record`, () => {
    const bench = new ClaimBench();
    const u = bench.write(0, 0);
    bench.run();
    bench.close(0);
    bench.run();
    expect(
      bench.log().some((r) => r.kind === 'complete'),
      'its update is not acknowledged',
    ).toBe(false);
    expect(bench.recovered().active).toBe(1);
    bench.acknowledge(u);
    expect(bench.log().at(-1)).toEqual({ kind: 'complete', transaction: 1, region: 0 });
    expect(bench.recovered()).toMatchObject({ dirty: [], active: 0 });
  });
}
