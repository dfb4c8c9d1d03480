import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';
import { JOURNAL, PRIMARY, SECONDARY } from './coreParts.js';

it('P hangs while S is away: P is lost after the acknowledgement timeout', () => {
  const sim = openedCore({ dirty: [0] });
  const { core } = sim;
  sim.deviceLost(SECONDARY);
  sim.obtain(core.begin(), 0, 512);
  run(
    sim,
    () => core.state.primaryLost || sim.now > 5000,
    (p) => p.kind === 'io' && p.area === PRIMARY,
  );
  expect(core.state.primaryLost).toBe(true);
  expect(sim.answers.failed).toBe(1);
});

it('S is lost while P hangs: P is lost too, after its own timeout', () => {
  const sim = openedCore();
  const { core } = sim;
  sim.obtain(core.begin(), 0, 512);
  run(sim, () => sim.pending.some((p) => p.kind === 'io'));
  sim.deviceLost(SECONDARY);
  run(
    sim,
    () => core.state.primaryLost || sim.now > 5000,
    (p) => p.kind === 'io' && p.area === PRIMARY,
  );
  expect(core.state.primaryLost).toBe(true);
});

it('the journal hangs: it is lost after the acknowledgement timeout, and updates that wait for evidence are refused', () => {
  const sim = openedCore();
  const { core } = sim;
  sim.obtain(core.begin(), 0, 512);
  run(
    sim,
    () => core.state.journalLost || sim.now > 5000,
    (p) => p.kind === 'log' || (p.kind === 'flush' && p.device === JOURNAL),
  );
  expect(core.state.journalLost).toBe(true);
  expect(sim.answers.refused).toBe(1);
});

it('S hangs: only S is lost, and P has its full timeout from then on', () => {
  const sim = openedCore();
  const { core } = sim;
  sim.obtain(core.begin(), 0, 512);
  run(
    sim,
    () => core.state.secondaryAway || sim.now > 5000,
    (p) => p.kind === 'io' && p.area === SECONDARY,
  );
  run(
    sim,
    () => sim.answers.ok === 1,
    (p) => p.kind === 'io' && p.area === SECONDARY,
  );
  expect([core.state.primaryLost, core.state.secondaryAway, core.state.journalLost]).toEqual([false, true, false]);
});
