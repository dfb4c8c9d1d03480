import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';

it('writes that never stop cannot defer the clearing of a copied region', () => {
  const sim = openedCore({ dirty: [0], groupCommitMs: 1, lingerMs: 0, hotRegions: 0 });
  const { core } = sim;
  core.startResync();
  let writes = 0;
  let rounds = 0;
  // A slow journal: there is always a write whose own record is not durable yet.
  const journalIsSlow = (p: { kind: string }): boolean => p.kind === 'log' && rounds++ % 16 > 0;
  const writeOn = (): boolean => {
    while (core.updatesInFlight < 6) {
      const t = core.begin();
      if (t < 0) break;
      if (sim.obtain(t, (writes % 8) * 512, 512) >= 0) writes++;
      core.close(t, sim.now);
    }
    return core.counters.clears === 1 || writes > 1000;
  };
  run(sim, writeOn, journalIsSlow);
  expect(writes).toBeLessThan(200);
});
