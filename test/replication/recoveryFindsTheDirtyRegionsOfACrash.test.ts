/** Promise: after a crash a new engine recovers the dirty regions from the journal, and resynchronizes them. */
import { expect, it } from 'vitest';
import { loadSome, useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();

it.each(['sync', 'async'] as const)(
  'a new engine recovers the dirty regions of one that crashed and resynchronizes them (%s)',
  async (mode) => {
    const { engine, spec } = await mirrors.prepared({ tracking: { mode } });
    const load = await loadSome(engine, WORKLOAD, 1, 400);
    expect(load.updatesAcknowledged).toBeGreaterThan(0);
    await engine.abandon();

    await engine.open(spec);
    const recovery = await engine.recover();
    expect(recovery.fromLog).toBeGreaterThan(0);
    expect(recovery.everythingDirty).toBe(false);
    expect(recovery.findings).toEqual([]);
    const judged = await engine.judge();
    expect(judged.lostIndicators).toBe(0);
    expect(judged.lostAcknowledgedSectors).toBe(0);
    expect(judged.areas.primary.faults).toEqual({});
    expect(judged.dirtyRegions).toBe(recovery.dirtyRegions);
    const resync = await engine.resync();
    expect(resync).toMatchObject({ complete: true, remainingRegions: 0, regions: recovery.dirtyRegions });
    expect(await engine.verify()).toMatchObject({ equal: true, differingRegions: 0 });
    await engine.close();

    await engine.open({ ...spec, historyDir: null });
    expect((await engine.recover()).dirtyRegions).toBe(0);
    await engine.close();
  },
);
