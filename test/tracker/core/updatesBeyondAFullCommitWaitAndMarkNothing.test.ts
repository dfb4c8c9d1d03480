import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';
import { BUSY } from './coreParts.js';

it('updates beyond a full commit wait for the next commit; none of their regions is marked', () => {
  const sim = openedCore({ updateSlots: 60, log: { ringBlocks: 256, unitsPerCommit: 1, recordsPerBlock: 4 } });
  const { core } = sim;
  const t = core.begin();
  let region = 0;
  while (sim.obtain(t, region * 4096, 512) !== BUSY) region += 2;
  expect(region).toBeLessThan(60);
  run(sim, () => {
    while (region < 60 && sim.obtain(t, region * 4096, 512) !== BUSY) region += 2;
    return region === 60 && core.updatesInFlight === 0;
  });
  expect(core.awaitingRegions).toBe(0);
  expect(core.counters.acknowledged).toBe(30);
});
