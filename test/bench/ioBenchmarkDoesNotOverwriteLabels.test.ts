/** Promise: `bench io` requires enrolment and label of real disks, and writes to all blocks but the label. */
import { execFileSync } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { realRig, type RealRig } from '../cli/realRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

const AREA_BYTES = 4 * 2 ** 20;

function lastBlocks(rig: RealRig, disk: 'p' | 's', count: number): Buffer {
  const skip = AREA_BYTES / 4096 - count;
  return execFileSync('dd', [`if=${rig.disks[disk].node}`, 'bs=4096', `skip=${skip}`, 'iflag=direct', 'status=none']);
}

it('the label is unchanged, the blocks before it are overwritten', async () => {
  const rig = await realRig(state.dir, 'benched', { journalSize: '8MiB' });
  const { p, s, j } = rig.disks;
  const devices = [p, s, j].flatMap(({ name, serial }) => ['--device', `/dev/disk/by-id/${name},serial=${serial}`]);
  const benchmark = (...more: string[]) =>
    rig.run(['bench', 'io', ...devices, '--seconds', '2', '--ffi', 'koffi', '--rounds', '1', ...more]);

  const stranger = await benchmark();
  expect(stranger.code, stranger.stderr).toBe(4);
  expect(stranger.stderr.match(/GATE_NOT_ENROLLED/g)).toHaveLength(3);

  const enrolled = await rig.run(['enrol', rig.file, ...[p, s, j].flatMap(({ serial }) => ['--i-mean', serial])]);
  expect(enrolled.code, enrolled.stderr).toBe(0);
  const before = [lastBlocks(rig, 'p', 1), lastBlocks(rig, 's', 1)];
  const measured = await benchmark('--enrolled', rig.enrolled);
  expect(measured.code, measured.stderr + measured.stdout).toBe(0);
  expect([lastBlocks(rig, 'p', 1), lastBlocks(rig, 's', 1)]).toEqual(before);
  expect(
    lastBlocks(rig, 'p', 16)
      .subarray(0, 15 * 4096)
      .some((byte) => byte !== 0),
  ).toBe(true);

  execFileSync('dd', [
    'if=/dev/zero',
    `of=${p.node}`,
    'bs=4096',
    `seek=${AREA_BYTES / 4096 - 1}`,
    'count=1',
    'oflag=direct',
    'status=none',
  ]);
  const wiped = await benchmark('--enrolled', rig.enrolled);
  expect(wiped.code).toBe(4);
  expect(wiped.stderr).toMatch(/primary .*GATE_LABEL_MISSING/);
});
