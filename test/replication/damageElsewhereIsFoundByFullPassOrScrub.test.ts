/**
 * Promises: a pass over the touched regions finds damage in a touched region or beside it at once, and none elsewhere.
 * The next full pass finds that, and the scrub when it gets there; the state of passes outlives a crash of the engine.
 */
import { expect, it } from 'vitest';
import type { PassRequest } from '../../src/replication/replicationEngine.js';
import { workingSet } from '../../src/workload/workload.js';
import { flip, loadSome, MIB, useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();
const AREA = 16 * MIB;
const REGION = 65536;
const REGIONS = AREA / REGION;
const FULL = { extent: 'full', scrubPercent: 0 } as const;
const TOUCHED = { extent: 'touched', scrubPercent: 0 } as const;
const LOAD = { ...WORKLOAD, addresses: { ...WORKLOAD.addresses, within: { bytes: MIB, seed: 4 } } };

/** A mirror whose first full pass is done; `cycle` loads, crashes, recovers, judges, resyncs and verifies. */
async function mirror() {
  const { engine, spec, devices } = await mirrors.prepared({ areaBytes: AREA });
  expect((await engine.verify(TOUCHED)).coverage).toMatchObject({ extent: 'full', cycle: -1, lastFullCycle: null });
  let index = 0;
  const cycle = async (pass: PassRequest) => {
    await engine.beginCycle!(index, null);
    await loadSome(engine, LOAD, index, 50);
    await engine.abandon();
    await engine.open(spec);
    await engine.recover();
    const judged = await engine.judge(pass);
    await engine.resync();
    const verified = await engine.verify(TOUCHED);
    index++;
    return { judged, verified, faults: judged.areas.secondary.faults };
  };
  const [{ offsetBytes, lengthBytes }] = workingSet({ ...LOAD, usableBytes: AREA, alignBytes: 512 });
  return { engine, secondary: devices.secondary.file, cycle, first: offsetBytes, end: offsetBytes + lengthBytes };
}

it('a full pass finds it, and says since when it may be there', async () => {
  const { engine, secondary, cycle, first } = await mirror();
  const far = (first + AREA / 2) % AREA;
  flip(secondary, far + 100);
  const { judged, verified, faults } = await cycle(TOUCHED);
  expect(faults).toEqual({});
  expect(judged.lostIndicators).toBe(0);
  expect(verified).toMatchObject({ equal: true, coverage: { extent: 'touched', lastFullCycle: -1 } });
  expect(judged.coverage!.regions).toBeLessThanOrEqual(MIB / REGION + 2);
  expect(judged.areas.secondary.sectorsRead * 512).toBe(judged.coverage!.bytes);
  const full = await cycle(FULL);
  expect(full.faults).toEqual({ 'bit-corruption': 1 });
  expect(full.judged).toMatchObject({
    lostIndicators: 1,
    lostIndicatorRegions: [far / REGION],
    coverage: { extent: 'full', regions: REGIONS, cycle: 1, lastFullCycle: -1 },
  });
  // The set of touched regions began again with that pass; the lost one is in it, so that it is repaired.
  expect(full.verified).toMatchObject({ equal: false, coverage: { extent: 'touched', lastFullCycle: 1 } });
  expect(full.verified.differingRegions).toBe(1);
  expect(await engine.repair(TOUCHED)).toMatchObject({ regions: 1, complete: true });
  expect((await cycle(FULL)).judged).toMatchObject({ lostIndicators: 0, areas: { secondary: { faults: {} } } });
  await engine.close();
});

it('the scrub finds it within as many cycles as it needs for all regions', async () => {
  const { engine, secondary, cycle, first } = await mirror();
  flip(secondary, ((first + AREA / 2) % AREA) + 100);
  let found = -1;
  for (let i = 0; i < 4 && found < 0; i++) {
    const { judged, faults } = await cycle({ extent: 'touched', scrubPercent: 25 });
    expect(judged.coverage!.scrubbedRegions).toBeGreaterThan(0);
    if (faults['bit-corruption'] === 1) found = i;
  }
  expect(found).toBeGreaterThanOrEqual(0);
  await engine.close();
});

it.each(['before', 'behind'])('damage in the region %s the written ones is found at once', async (side) => {
  const { engine, secondary, cycle, first, end } = await mirror();
  // It writes the piece and the region on both sides of it.
  await engine.prepareWorkingSet(LOAD);
  flip(secondary, side === 'before' ? first - REGION - 100 : end + REGION + 100);
  const { judged, faults } = await cycle(TOUCHED);
  expect(faults).toEqual({ 'bit-corruption': 1 });
  expect(judged.lostIndicators).toBe(1);
  await engine.close();
});
