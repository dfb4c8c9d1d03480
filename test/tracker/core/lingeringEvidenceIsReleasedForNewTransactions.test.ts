import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';

it('lingering evidence of closed transactions is released for new transactions, long before the linger time', () => {
  const sim = openedCore({ transactionSlots: 2, lingerMs: 1e6 });
  const { core } = sim;
  for (let i = 0; i < 10; i++) {
    let t = -1;
    run(sim, () => (t = core.begin()) >= 0);
    run(sim, () => sim.obtain(t, i * 4096, 512) >= 0);
    core.close(t, sim.now);
    run(sim, () => core.updatesInFlight === 0);
  }
  // The first two transactions found a free record; each later one needed the evidence of one region.
  expect(core.counters.evictions).toBe(8);
  expect(core.counters.lingerExpiries).toBe(0);
  expect(sim.now).toBeLessThan(1000);
});
