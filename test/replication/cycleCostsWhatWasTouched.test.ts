/**
 * Promise: with a working set, passes over the touched regions and `prepareWorkingSet`, a cycle reads and writes the
 * same bytes of P and S on an area of 256 MiB and on one of 64 GiB.
 */
import { statSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { workingSet } from '../../src/workload/workload.js';
import { flip, loadSome, MIB, useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();
const REGION = 65536;
const PIECES = 8;
const TOUCHED = { extent: 'touched', scrubPercent: 0 } as const;
/** The pieces of this seed are apart on both sizes. */
const SEED = 5;
const LOAD = {
  ...WORKLOAD,
  addresses: { ...WORKLOAD.addresses, within: { bytes: PIECES * MIB, seed: SEED } },
};

async function cycle(areaBytes: number) {
  const devices = mirrors.devices({ areaBytes, journalBytes: 16 * MIB });
  const spec = mirrors.spec(devices);
  const engine = await mirrors.engine();
  await engine.open(spec);
  await engine.format('clean');
  const prepared = await engine.prepareWorkingSet(LOAD);
  const first = await engine.verify(TOUCHED);
  const again = await engine.prepareWorkingSet(LOAD);
  await loadSome(engine, LOAD, 3, 100);
  await engine.abandon();
  await engine.open(spec);
  await engine.recover();
  const judged = await engine.judge(TOUCHED);
  await engine.resync();
  const verified = await engine.verify(TOUCHED);
  await engine.close();
  expect([first.equal, verified.equal, judged.lostIndicators, judged.lostAcknowledgedSectors]).toEqual([
    true,
    true,
    0,
    0,
  ]);
  expect([judged.areas.primary.faults, judged.areas.secondary.faults]).toEqual([{}, {}]);
  const { primary, secondary } = judged.areas;
  return {
    cost: {
      preparedBytes: prepared.bytes,
      preparedAgain: again.bytes,
      firstVerify: first.bytes,
      judgedSectors: [primary.sectorsRead, secondary.sectorsRead],
      verifiedBytes: verified.bytes,
    },
    coverage: judged.coverage!,
    /** Blocks of the sparse files that hold data. */
    allocated: statSync(devices.primary.file).blocks * 512,
  };
}

it('a cycle on 64 GiB costs what it costs on 256 MiB', async () => {
  const small = await cycle(256 * MIB);
  const large = await cycle(64 * 1024 * MIB);
  expect(large.cost).toEqual(small.cost);
  // Each piece and a neighbor on both sides.
  const bytes = PIECES * (MIB + 2 * REGION);
  expect(small.cost).toEqual({
    preparedBytes: 2 * bytes,
    preparedAgain: 0,
    firstVerify: bytes,
    judgedSectors: [bytes / 512, bytes / 512],
    verifiedBytes: bytes,
  });
  expect(large.coverage).toMatchObject({ extent: 'touched', regionCount: 2 ** 20, lastFullCycle: null });
  expect(large.allocated).toBeLessThan(2 * bytes);
});

it('content that no write of the run has replaced is neither read nor blamed, damage beside a write is found', async () => {
  const areaBytes = 32 * MIB;
  const devices = mirrors.devices({ areaBytes });
  const spec = mirrors.spec(devices);
  const [p, s] = [devices.primary.file, devices.secondary.file];
  writeFileSync(p, Buffer.alloc(areaBytes, 'an older run'), { flag: 'r+' });
  writeFileSync(s, Buffer.alloc(areaBytes, 'another one'), { flag: 'r+' });
  const load = { ...LOAD, addresses: { ...LOAD.addresses, within: { bytes: MIB, seed: SEED } } };
  const engine = await mirrors.engine();
  await engine.open(spec);
  await engine.format('clean');
  await engine.prepareWorkingSet(load);
  expect(await engine.verify(TOUCHED)).toMatchObject({ equal: true, faults: { primary: {}, secondary: {} } });
  const judge = async () => {
    await engine.abandon();
    await engine.open(spec);
    await engine.recover();
    const { lostIndicators, areas, coverage } = await engine.judge(TOUCHED);
    return {
      lostIndicators,
      primary: areas.primary.faults,
      secondary: areas.secondary.faults,
      regions: coverage!.regions,
    };
  };
  await loadSome(engine, load, 3, 100);
  const sound = { lostIndicators: 0, primary: {}, secondary: {}, regions: 18 };
  expect(await judge()).toEqual(sound);
  await engine.resync();
  // The last sector of the neighbor after the piece, and the sector after that.
  const [{ offsetBytes, lengthBytes }] = workingSet({ ...load, usableBytes: areaBytes, alignBytes: 512 });
  const end = offsetBytes + lengthBytes + REGION;
  flip(s, end + 100);
  expect(await judge()).toEqual(sound);
  flip(s, end - 100);
  expect(await judge()).toEqual({ ...sound, lostIndicators: 1, secondary: { 'bit-corruption': 1 } });
  await engine.resync();
  expect(await engine.verify(TOUCHED)).toMatchObject({ equal: false, differingRegions: 1 });
  expect(await engine.repair(TOUCHED)).toMatchObject({ regions: 1, bytes: REGION, complete: true });
  expect(await engine.verify(TOUCHED)).toMatchObject({ equal: true });
  await engine.close();
});
