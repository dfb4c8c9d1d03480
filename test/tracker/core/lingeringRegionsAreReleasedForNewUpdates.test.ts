import { expect, it } from 'vitest';
import { openedCore, REGION, run, SECTOR } from './bench.js';
import { BUSY, PRIMARY, SECONDARY } from './coreParts.js';

const UPDATES = 6;

it('with all region entries in use an update is busy, not an error; lingering regions beyond the limit are released', () => {
  // Entries: updates and copies in flight 4 + 2, hot regions 1, resync depth 2.
  const sim = openedCore({
    regionReferences: 4,
    hotRegions: 1,
    lingerMs: 1e6,
    durableOnCompletion: { primary: true, secondary: true, journal: true },
  });
  const { core } = sim;
  let region = 0;
  const t = core.begin();
  const obtain = (): number => sim.obtain(t, region++ * REGION, SECTOR);
  for (let i = 0; i < 4; i++) expect(obtain()).toBeGreaterThanOrEqual(0);
  run(sim, () => sim.pending.filter((p) => p.kind === 'io').length === 8);
  // All updates end without a pump: four regions linger, though the limit is one.
  while (sim.pending.length > 0) sim.deliver(0, true);
  expect([core.updatesInFlight, core.evidence.hotRegions]).toEqual([0, 4]);
  sim.deviceLost(SECONDARY);
  const results = Array.from({ length: UPDATES }, obtain);
  expect(results.filter((r) => r >= 0).length).toBe(5);
  expect(results.at(-1)).toBe(BUSY);
  run(sim, () => sim.obtain(t, (region - 1) * REGION, SECTOR) >= 0);
  run(sim, () => core.updatesInFlight === 0);
  expect(sim.answers).toMatchObject({ ok: 4 + UPDATES, failed: 0, refused: 0 });
  expect(core.state.inFlight[PRIMARY]).toBe(0);
});
