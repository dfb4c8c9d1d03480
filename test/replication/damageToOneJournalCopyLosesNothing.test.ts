/**
 * Promise: damage to one copy of the journal changes nothing: recovery finds exactly the regions of the intact journal.
 * Damage to both copies makes every region dirty. Recovery reports each damaged block, and repairs it.
 *
 * On loop devices: the bench dies with evidence in the log, and then P and S differ in exactly the dirty regions.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, pageOffset } from '../../src/tracker/journal/layout.js';
import { recoverJournal, type JournalRecovery } from '../../src/tracker/journal/recovery.js';
import { parseUuid } from '../../src/tracker/journal/format.js';
import { flip, MIB, RIG_UUID, useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();
const REGION_BYTES = 65536;
const REGIONS = (16 * MIB) / REGION_BYTES;

function recoveryOf(file: string): JournalRecovery {
  const bytes = readFileSync(file);
  const expected = { rigUuid: parseUuid(RIG_UUID), regionBytes: REGION_BYTES, usableBytes: 16 * MIB, logBytes: MIB };
  return recoverJournal(expected, (offset, length) => bytes.subarray(offset, offset + length));
}

type Where = (r: JournalRecovery) => number[];

/** The first block of evidence at the start of a unit: it holds records. */
const evidence = (r: JournalRecovery, copy: 0 | 1): number =>
  r.layout.logOffset[copy] +
  ((Math.ceil(r.tail / BLOCKS_PER_UNIT) * BLOCKS_PER_UNIT) % r.layout.ringBlocks) * BLOCK_BYTES;
const afterLog = (r: JournalRecovery, copy: 0 | 1): number =>
  r.layout.logOffset[copy] + ((r.head + 1) % r.layout.ringBlocks) * BLOCK_BYTES;

const cases: { name: string; where: Where; lost?: 'everything-dirty' | 'region-range-dirty' }[] = [
  { name: 'evidence in the first copy of the log', where: (r) => [evidence(r, 0) + 100] },
  { name: 'evidence in the second copy of the log', where: (r) => [evidence(r, 1) + 100] },
  { name: 'the block after the log', where: (r) => [afterLog(r, 1) + 9] },
  { name: 'the indicator area', where: (r) => [pageOffset(r.layout, 0, 0) + 100] },
  { name: 'the second copy of the indicator area', where: (r) => [pageOffset(r.layout, 1, 0) + 300] },
  { name: 'a superblock', where: () => [17] },
  {
    name: 'both copies of evidence',
    where: (r) => [evidence(r, 0) + 100, evidence(r, 1) + 200],
    lost: 'everything-dirty',
  },
  {
    name: 'both copies of the indicator area',
    where: (r) => [pageOffset(r.layout, 0, 0) + 100, pageOffset(r.layout, 1, 0) + 300],
    lost: 'region-range-dirty',
  },
];

it.each(cases)('a bad byte in $name is reported and repaired', async ({ where, lost }) => {
  // Evidence lingers for longer than the test runs: it is in the log when the bench dies.
  const { engine, spec, devices } = await mirrors.prepared({ tracking: { lingerMs: 600_000, hotRegions: 64 } });
  for (let left = 50; ; left--) {
    await engine.load(WORKLOAD, 5 + left, 200);
    if (recoveryOf(devices.journal.file).fromLog > 0 || left === 0) break;
  }
  await engine.abandon();
  const intact = recoveryOf(devices.journal.file);
  expect(intact.fromLog).toBeGreaterThan(0);
  expect(intact.dirty.count).toBeLessThan(REGIONS);
  for (const region of intact.dirty.regions()) flip(devices.secondary.file, region * REGION_BYTES + 1000);
  const bytes = where(intact);
  for (const at of bytes) flip(devices.journal.file, at);
  const damaged = recoveryOf(devices.journal.file);
  const expected = lost !== undefined ? Array.from({ length: REGIONS }, (_, i) => i) : [...intact.dirty.regions()];
  expect([...damaged.dirty.regions()]).toEqual(expected);
  expect(damaged.everythingDirty).toBe(lost === 'everything-dirty');

  await engine.open(spec);
  const r = await engine.recover();
  const corrupt = r.findings.filter((f) => f.problem === 'corrupt');
  expect(corrupt.map((f) => f.blockIndex)).toEqual(bytes.map((at) => Math.floor(at / BLOCK_BYTES)));
  expect(r).toMatchObject({ dirtyRegions: expected.length, everythingDirty: lost === 'everything-dirty' });
  // One copy: the damaged block is all that recovery reports, and it is repaired.
  expect(corrupt.every((f) => f.effect === (lost ?? 'repaired'))).toBe(true);
  if (lost === undefined) expect(r.findings).toEqual(corrupt);
  const judged = await engine.judge();
  expect(judged).toMatchObject({
    lostIndicators: 0,
    lostAcknowledgedSectors: 0,
    differingRegions: intact.dirty.count,
    falseDirtyRegions: expected.length - intact.dirty.count,
  });
  expect(judged.areas.primary.faults).toEqual({});
  expect(await engine.resync()).toMatchObject({ complete: true });
  expect(await engine.verify()).toMatchObject({ equal: true });
  await engine.close();

  // Recovery has repaired the damage: the next recovery finds none.
  await engine.open({ ...spec, historyDir: null });
  expect(await engine.recover()).toMatchObject({ dirtyRegions: 0, findings: [] });
  await engine.close();
});
