import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';

it('a region is not copied before its mark is durable', () => {
  const sim = openedCore();
  const { core } = sim;
  core.pages.mark(3);
  core.startResync();
  run(sim, () => sim.pending.some((p) => p.kind === 'page'));
  for (let i = 0; i < 20; i++) sim.pump();
  expect(core.counters.copies).toBe(0);
  run(sim, () => core.resync.done);
  expect(core.counters.copies).toBe(1);
});
