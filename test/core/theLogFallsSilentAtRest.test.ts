import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';

it('commits that only move the tail do not call for each other, in the smallest ring and with commits in flight', () => {
  const sim = openedCore({ lingerMs: 0, hotRegions: 0, log: { ringBlocks: 16, commitsInFlight: 2, unitsPerCommit: 1 } });
  const { core } = sim;
  const t = core.begin();
  for (let i = 0; i < 12; i++) {
    run(sim, () => sim.obtain(t, ((i * 5) % 64) * 4096, 512) >= 0);
    run(sim, () => core.updatesInFlight === 0);
  }
  core.close(t, sim.now);
  core.drain();
  run(sim, () => core.quiescent && sim.pending.length === 0);
  const commits = core.counters.commits;
  for (let i = 0; i < 50; i++) {
    sim.now++;
    sim.pump();
    while (sim.pending.length > 0) sim.deliver(0, true);
  }
  expect(core.counters.commits).toBe(commits);
});
