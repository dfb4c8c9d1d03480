/**
 * Promise: the question whether a disk answers ends in bounded time when the disk is unresponsive. It leaves no thread
 * and no exclusive open behind.
 */
import { afterAll, expect, it } from 'vitest';
import { deviceAnswers } from '../../src/campaign/session/deviceReads.js';
import { labStatus, labUp } from '../../src/lab/lab.js';
import { placedBoards } from '../../src/campaign/session/places.js';
import { realHost } from '../../src/campaign/session/host.js';
import { openDevice } from '../../src/blockdev/openDevice.js';
import { labRig, ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean('unresponsive-disk'));

it.skipIf(process.getuid?.() !== 0)(
  'a disk that is unresponsive without power does not answer, and answers again when power returns',
  async () => {
    const rig = labRig('unresponsive-disk', {
      cuts: ['{ rails: [P], during: load, after: 50ms }'],
      diskOptions: 'holdUp: 0s, silent: retry',
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
      // The disk answers until the virtual contact has opened; a busy host delays this.
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
  },
);
