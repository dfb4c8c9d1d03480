/**
 * Enrolment opens the disks that the operator has confirmed exclusively (O_EXCL), checks them again, and always closes
 * them. If a disk differs from what the operator has confirmed, enrolment writes nothing.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { enrolDisks, type DiskToEnrol, type EnrolDisksOptions } from '../../src/gate/enrolDisks.js';
import { identify, openDevice } from '../../src/blockdev/openDevice.js';
import { command, useLoops } from '../blockdev/loop.js';

const loops = useLoops();
const file = join(loops.folder, 'bench.enrolled.json');
const done: string[] = [];
const BYTES = 2 ** 20;

function shown(role: DiskToEnrol['role'], path: string): DiskToEnrol {
  return { role, identity: identify(path), confirmation: 'S1', replaces: null };
}

function enrolling(disks: DiskToEnrol[]): Promise<void> {
  const options: EnrolDisksOptions = {
    file,
    rig: { uuid: '00000000-0000-5000-8000-000000000001', name: 'bench' },
    requests: disks.map(({ role, identity: { path, backingFile } }) => ({
      role,
      path,
      backingFile: backingFile!,
      lab: false,
    })),
    relabel: false,
    enrolledAt: '2026-01-31T12:00:00.000Z',
    onEnrolled: ({ role }) => void done.push(role),
  };
  return enrolDisks(disks, options);
}

it('a name that leads to another device since then is refused', async () => {
  const [a, b, other] = [
    loops.loop({ sizeBytes: BYTES }),
    loops.loop({ sizeBytes: BYTES }),
    loops.loop({ sizeBytes: BYTES }),
  ];
  const name = join(loops.folder, 'name');
  symlinkSync(a.path, name);
  const disks = [shown('primary', other.path), shown('secondary', name)];
  symlinkSync(b.path, `${name}.new`);
  renameSync(`${name}.new`, name);
  await expect(enrolling(disks)).rejects.toMatchObject({
    code: 'DEVICE_CHANGED',
    message: expect.stringMatching(/backingFile was .*nothing was written/),
  });
  for (const { file: image } of [a, b, other]) expect(readFileSync(image).every((byte) => byte === 0)).toBe(true);
  for (const { path } of [a, b, other]) openDevice(path).close();
});

it('a device that was removed and returned under the same name is refused: its disk sequence number differs', async () => {
  const a = loops.loop({ sizeBytes: BYTES });
  const disk = shown('primary', a.path);
  disk.identity.diskSequence = disk.identity.diskSequence! - 1;
  await expect(enrolling([disk])).rejects.toMatchObject({ code: 'DEVICE_CHANGED' });
  expect(readFileSync(a.file).every((byte) => byte === 0)).toBe(true);
});

it('a device that is mounted since then is refused', async () => {
  const a = loops.loop();
  const disk = shown('journal', a.path);
  const point = join(loops.folder, 'mounted');
  mkdirSync(point);
  command('mkfs.ext4', '-q', a.path);
  command('mount', a.path, point);
  loops.undo(() => command('umount', point));
  await expect(enrolling([disk])).rejects.toMatchObject({ code: 'DEVICE_BUSY' });
});

it('a device that is formatted since then is refused, and its file system stays intact', async () => {
  const a = loops.loop();
  const disk = shown('journal', a.path);
  command('mkfs.ext4', '-q', a.path);
  await expect(enrolling([disk])).rejects.toMatchObject({
    code: 'DEVICE_CHANGED',
    message: expect.stringMatching(/GATE_SIGNATURE/),
  });
  command('e2fsck', '-fn', a.path);
});

it('after all these refusals no disk is enrolled', () => {
  expect(done).toEqual([]);
  expect(existsSync(file)).toBe(false);
});
