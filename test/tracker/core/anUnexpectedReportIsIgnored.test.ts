import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';
import { PRIMARY, SECONDARY } from './coreParts.js';

it('an error in a late, double or foreign report is counted and loses no device', () => {
  const sim = openedCore();
  const { core } = sim;
  const slot = sim.obtain(core.begin(), 0, 512);
  const id = core.state.updateId(slot);
  core.completed(PRIMARY, slot, id, false, sim.now);
  core.completed(SECONDARY, slot, id + 1, false, sim.now);
  run(sim, () => core.updatesInFlight === 0);
  core.completed(SECONDARY, slot, id, false, sim.now);
  expect(core.counters.unexpectedCompletions).toBe(3);
  expect([core.state.primaryLost, core.state.secondaryAway]).toEqual([false, false]);
});
