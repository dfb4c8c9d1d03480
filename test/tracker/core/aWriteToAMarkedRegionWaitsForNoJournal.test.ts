import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';
import { SECONDARY } from './coreParts.js';

it('while S is away a write to a durably marked region waits for no journal, even when its page is being written', () => {
  const sim = openedCore();
  const { core } = sim;
  const t = core.begin();
  sim.deviceLost(SECONDARY);
  sim.obtain(t, 0, 512);
  run(sim, () => core.updatesInFlight === 0);
  sim.obtain(t, 4096, 512); // another region of the same page: marked now
  expect(core.counters.waitedForMark).toBe(2);
  sim.obtain(t, 1024, 512);
  expect(core.counters.waitedForMark).toBe(2);
  expect(sim.pending.filter((p) => p.kind === 'io')).toHaveLength(1);
});
