/** Claim 6: the completion record frees the space that the transaction has used in the log. */
import { expect, it } from 'vitest';
import { ClaimBench } from './bench.js';
import { claimsOf } from './table.js';

for (const { claim, form } of claimsOf('completionFreesLogSpace')) {
  it(`claim ${claim} (${form}): the tail passes a completed transaction, durably, and its blocks are used again`, () => {
    const bench = new ClaimBench();
    const { ringBlocks } = bench.world.stage.layout;
    const before = bench.recovered().tail;
    // Far more transactions than the ring has room for: each must give back what it used.
    for (let i = 0; i < ringBlocks; i++) {
      const u = bench.write(0, i % 2);
      bench.run();
      bench.close(0);
      bench.acknowledge(u);
    }
    expect(bench.recovered().tail).toBeGreaterThan(before + ringBlocks);
    expect(bench.recovered()).toMatchObject({ dirty: [], active: 0 });
    expect(
      bench.world.core.counters.pressureMarks + bench.world.core.counters.pressureDrops,
      'nobody had to be pressed',
    ).toBe(0);
  });
}

it('claim 6 the other way round: what an active transaction needs is not freed', () => {
  const bench = new ClaimBench();
  bench.write(2, 0);
  bench.run();
  for (let i = 0; i < 3; i++) {
    const u = bench.write(0, 1);
    bench.run();
    bench.close(0);
    bench.acknowledge(u);
  }
  expect(bench.recovered()).toMatchObject({ dirty: [0], active: 1 });
});
