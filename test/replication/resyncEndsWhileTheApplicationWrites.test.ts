/** Promise: a resync ends while the application writes, keeps its pace, and no write is lost. */
import { expect, it } from 'vitest';
import { useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();
/** This many updates write to more than a few regions. */
const UPDATES_MIN = 100;
/** Bounds a hang only. */
const SEEDS_END = 1000;

it.each([
  ['without regard for the application', undefined],
  ['in a tenth of the time', { maxBytesPerSecond: 0, minShare: 0.1 }],
])('a resync under load, %s, completes and loses no write', async (_pace, resync) => {
  // Every written region stays dirty: their number must not depend on how busy the host is at the end of the load.
  const { engine, spec } = await mirrors.prepared({ tracking: { lingerMs: 60_000, resync } });
  let acknowledged = 0;
  for (let seed = 7; acknowledged < UPDATES_MIN && seed < SEEDS_END; seed += 10)
    acknowledged += (await engine.load(WORKLOAD, seed, 300)).updatesAcknowledged;
  await engine.abandon();
  await engine.open(spec);
  const recovery = await engine.recover();
  expect(recovery.dirtyRegions).toBeGreaterThan(10);
  const copied = await engine.resync({ workload: WORKLOAD, seed: 8 });
  expect(copied.complete).toBe(true);
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

it('a resync is no faster than its rate', async () => {
  const maxBytesPerSecond = 16 * 2 ** 20;
  const { engine } = await mirrors.prepared({ tracking: { resync: { maxBytesPerSecond, minShare: 1 } } });
  await engine.format('dirty');
  await engine.recover();
  const { bytes, durationMs, complete } = await engine.resync();
  expect(complete).toBe(true);
  // A pause saves up the credit of 50 ms, and the last copies may exceed it.
  expect(durationMs).toBeGreaterThan((bytes / maxBytesPerSecond) * 1000 * 0.8 - 50);
  await engine.close();
});
