/**
 * Promise: whether a disk answers is asked so that one without power costs a bounded wait, and no thread or claim of
 * the bench.
 */
import { afterAll, expect, it } from 'vitest';
import { deviceAnswers } from '../../src/campaign/session/deviceReads.js';
import { labStatus, labUp } from '../../src/lab/lab.js';
import { placedBoards } from '../../src/campaign/session/places.js';
import { realHost } from '../../src/campaign/session/host.js';
import { openDevice } from '../../src/blockdev/openDevice.js';
import { labRig, ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean('silent-answer'));

it.skipIf(process.getuid?.() !== 0)('a silent one does not answer, and does again with its power back', async () => {
  const rig = labRig('silent-answer', {
    cuts: ['{ rails: [P], during: load, after: 50ms }'],
    diskOptions: 'silent: retry',
  });
  await labUp(rig.name, rig.lab!);
  const lab = (await labStatus(rig.name))!;
  const power = await realHost.openPower({
    name: rig.name,
    boards: placedBoards(rig, lab),
    boardTypes: rig.boardTypes,
    rails: rig.rails,
  });
  try {
    await power.allOn();
    const { node } = lab.disks.p;
    await expect.poll(() => deviceAnswers(node), { timeout: 60_000 }).toBe(true);
    await power.switchRails(['P'], 'off');
    // The contact takes its time, and so may this machine: until then it answers.
    await expect.poll(() => deviceAnswers(node, 300), { timeout: 60_000 }).toBe(false);
    openDevice(node).close();
    await power.allOn();
    await expect.poll(() => deviceAnswers(node), { timeout: 60_000 }).toBe(true);
  } finally {
    await power.allOn();
    await power.close();
  }
  expect(await deviceAnswers('/dev/disk/by-id/not-there')).toBe(false);
  expect(await deviceAnswers('/dev/null')).toBe(true);
});
