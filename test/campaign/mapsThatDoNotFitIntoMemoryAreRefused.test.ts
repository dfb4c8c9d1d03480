/** Promise: plan, doctor and run refuse a rig whose maps of regions do not fit, before its lab starts. */
import { expect, it } from 'vitest';
import { planRun } from '../../src/campaign/plan.js';
import { checkRun } from '../../src/campaign/runCheck.js';
import { requireMemory, trackerBytes } from '../../src/replication/memoryNeed.js';
import { labRig } from './labRig.js';

const MIB = 2 ** 20;
const rig = labRig('memory', { cuts: ['{ rails: [P], during: load, after: 50ms }'] });

it('a rig that is not powered is refused with figures and the setting to change', async () => {
  const outlook = await checkRun(rig, { holder: null, availableMemory: 200 * MIB });
  expect(outlook.refusals.map(({ what }) => what)).toEqual(['memory']);
  const [refusal] = planRun(rig, { outlook }).refusals;
  expect(refusal).toMatchObject({ code: 'ENGINE_DEVICE' });
  expect(refusal!.message).toMatch(
    /^the maps of \d+ regions of .* need 200\.\d MiB of memory, but this host has 200 MiB/,
  );
});

it('and accepted when they fit', async () => {
  expect((await checkRun(rig, { holder: null })).refusals).toEqual([]);
});

it('the region size that the refusal names fits, and half of it does not', () => {
  for (const usableBytes of [2 ** 40, 2 ** 46, 2 ** 50, 3 * 2 ** 50]) {
    const available = 256 * MIB;
    const refused = (regionBytes: number): number | null => {
      try {
        requireMemory({ usableBytes, regionBytes }, available);
        return null;
      } catch (error) {
        const [, value, unit] = /at least (\S+) (\S+),/.exec((error as Error).message)!;
        return Number(value) * 1024 ** ['B', 'KiB', 'MiB', 'GiB'].indexOf(unit!);
      }
    };
    const enough = refused(4096)!;
    expect(refused(enough)).toBeNull();
    expect(refused(enough / 2)).toBe(enough);
    expect(trackerBytes(usableBytes / enough)).toBeLessThanOrEqual(available);
  }
});
