import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';

it('writes that never stop cannot put off the clearing of a copied region', () => {
  const sim = openedCore({ dirty: [0], groupCommitMs: 1, lingerMs: 0, hotRegions: 0 });
  const { core } = sim;
  core.startResync();
  let writes = 0;
  run(sim, () => {
    const t = core.begin();
    if (t >= 0) {
      if (sim.obtain(t, (writes % 8) * 512, 512) >= 0) writes++;
      core.close(t, sim.now);
    }
    return core.counters.clears === 1;
  });
  expect(writes).toBeLessThan(200);
});
