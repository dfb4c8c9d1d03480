/**
 * On real devices: the bench dies with evidence in the log, P and S differ in every region that may differ, and the journal
 * is damaged where it counts. A copy that is intact tells all; damage to both copies makes everything dirty; no region
 * that differs is ever taken for clean; and the damage is gone with the recovery.
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

/** The first block of evidence lies at a unit's start: records are in it. */
const evidence = (r: JournalRecovery, copy: 0 | 1): number =>
  r.layout.logOffset[copy] +
  ((Math.ceil(r.tail / BLOCKS_PER_UNIT) * BLOCKS_PER_UNIT) % r.layout.ringBlocks) * BLOCK_BYTES;
const behind = (r: JournalRecovery, copy: 0 | 1): number =>
  r.layout.logOffset[copy] + ((r.head + 1) % r.layout.ringBlocks) * BLOCK_BYTES;

const cases: { name: string; where: Where; everything?: true }[] = [
  { name: 'evidence in the first copy of the log', where: (r) => [evidence(r, 0) + 100] },
  { name: 'evidence in the second copy of the log', where: (r) => [evidence(r, 1) + 100] },
  { name: 'the block behind the log', where: (r) => [behind(r, 1) + 9] },
  { name: 'the indicator area', where: (r) => [pageOffset(r.layout, 0, 0) + 100] },
  { name: 'the second copy of the indicator area', where: (r) => [pageOffset(r.layout, 1, 0) + 300] },
  { name: 'a superblock', where: () => [17] },
  { name: 'both copies of evidence', where: (r) => [evidence(r, 0) + 100, evidence(r, 1) + 200], everything: true },
  {
    name: 'both copies of the indicator area',
    where: (r) => [pageOffset(r.layout, 0, 0) + 100, pageOffset(r.layout, 1, 0) + 300],
    everything: true,
  },
];

it.each(cases)('bad bytes in $name', async ({ where, everything }) => {
  // Evidence lingers: it is in the log when the bench dies.
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

  await engine.open(spec);
  const r = await engine.recover();
  expect(r.findings.filter((f) => f.problem === 'corrupt')).toHaveLength(bytes.length);
  expect(r.dirtyRegions).toBe(everything === true ? REGIONS : intact.dirty.count);
  expect(await engine.judge()).toMatchObject({ lostIndicators: 0, differingRegions: intact.dirty.count });
  expect(await engine.resync()).toMatchObject({ complete: true });
  expect(await engine.verify()).toMatchObject({ equal: true });
  await engine.close();

  // The damage is gone with the recovery: it is not found, and paid for, again.
  await engine.open({ ...spec, historyDir: null });
  expect(await engine.recover()).toMatchObject({ dirtyRegions: 0, findings: [] });
  await engine.close();
});
