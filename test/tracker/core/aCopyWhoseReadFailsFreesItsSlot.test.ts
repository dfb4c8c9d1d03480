import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';
import { PRIMARY } from './coreParts.js';

it('a copy whose read from P fails last gives its slot back and leaves the region dirty', () => {
  const sim = openedCore({ dirty: [5] });
  const { core } = sim;
  core.startResync();
  run(
    sim,
    () => core.counters.copies === 1 && sim.pending.length === 1,
    (p) => p.kind === 'io' && p.area === PRIMARY,
  );
  sim.deliver(0, false);
  expect(core.state.primaryLost).toBe(true);
  expect(core.updatesInFlight).toBe(0);
  expect(core.awaitingRegions).toBe(1);
});
