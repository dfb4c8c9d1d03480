/** Promise: a resync ends while the application writes, and no write is lost. */
import { expect, it } from 'vitest';
import { useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();
/** This many updates write to more than a few regions. */
const UPDATES_MIN = 100;
/** Bounds a hang only. */
const SEEDS_END = 1000;

it('a resync under load completes and loses no write', async () => {
  // Every written region stays dirty: their number must not depend on how busy the host is at the end of the load.
  const { engine, spec } = await mirrors.prepared({ tracking: { lingerMs: 60_000 } });
  let acknowledged = 0;
  for (let seed = 7; acknowledged < UPDATES_MIN && seed < SEEDS_END; seed += 10)
    acknowledged += (await engine.load(WORKLOAD, seed, 300)).updatesAcknowledged;
  await engine.abandon();
  await engine.open(spec);
  const recovery = await engine.recover();
  expect(recovery.dirtyRegions).toBeGreaterThan(10);
  const resync = await engine.resync({ workload: WORKLOAD, seed: 8 });
  expect(resync.complete).toBe(true);
  // The same engine loads again and then crashes: the disks must be consistent.
  await engine.load(WORKLOAD, 9, 200);
  await engine.abandon();
  await engine.open(spec);
  await engine.recover();
  expect(await engine.judge()).toMatchObject({ lostIndicators: 0, lostAcknowledgedSectors: 0 });
  await engine.resync();
  expect(await engine.verify()).toMatchObject({ equal: true });
  await engine.close();
});
