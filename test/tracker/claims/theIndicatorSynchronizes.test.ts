/** Claim 13: the persistent indicator is what synchronizes the location, and only it. */
import { expect, it } from 'vitest';
import { ClaimBench } from './bench.js';
import { claimsOf } from './table.js';

for (const { claim, form } of claimsOf('theIndicatorSynchronizes')) {
  it(`claim ${claim} (${form}): after a crash the indicator alone says what to copy, and the copy makes both areas alike`, () => {
    const bench = new ClaimBench();
    bench.write(0, 0);
    bench.world.take({ do: 'cut', device: 'S' });
    bench.run('P', 'S');
    bench.tick(3);
    bench.run('P', 'S');
    bench.world.take({ do: 'crash', primary: 'lost', journal: [] });
    bench.run('P', 'S');
    const { world } = bench;
    expect(world.core.awaitingRegions).toBe(1);
    expect(world.areas[0].possible(0)).not.toBe(world.areas[1].possible(0));
    world.take({ do: 'resync' });
    bench.run('P', 'S');
    expect(world.areas[0].possible(0)).toBe(world.areas[1].possible(0));
    expect(world.core.counters.copies, 'only the one region is copied').toBe(1);
    expect(bench.recovered().dirty).toEqual([]);
    expect(bench.indicator(0)).toBe(false);
  });
}
