/**
 * A partition may be an area or the journal if the profile gives its stable name. The gate refuses it if a rail cuts
 * its disk while another partition of that disk is in use.
 */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { checkGate } from '../../src/gate/gate.js';
import type { GateRequest } from '../../src/gate/gateReport.js';
import { checkDuplicates } from '../../src/gate/identityCheck.js';
import { identify } from '../../src/blockdev/openDevice.js';
import { wwnOfMultipath } from '../../src/blockdev/sysfs.js';
import { command, useLoops, type TestLoop } from '../blockdev/loop.js';

const loops = useLoops();
const FOLDER = '/dev/disk/by-partuuid';

function partitionOf(disk: TestLoop, number: number): string {
  // The test gives the partitions to the kernel, because not every kernel reads partition tables.
  command('addpart', disk.path, String(number), String(2048 + (number - 1) * 40_000), '40000');
  loops.undo(() => command('delpart', disk.path, String(number)));
  return `${disk.path}p${number}`;
}

/** Gives the partition a by-partuuid name, as udev would. */
function named(node: string): string {
  const made = !existsSync(FOLDER);
  if (made) mkdirSync(FOLDER, { recursive: true });
  const name = join(FOLDER, `plugpull-test-${process.pid}-${basename(node)}`);
  // A killed test may have left such a name.
  rmSync(name, { force: true });
  symlinkSync(node, name);
  loops.undo(() => rmSync(name));
  return name;
}

async function codes(request: Partial<GateRequest> & { path: string; backingFile: string }): Promise<string[]> {
  return (await checkGate([{ role: 'journal', lab: false, ...request }])).findings.map((f) => f.code);
}

it('a partition passes under its by-partuuid name; under its kernel name it is refused', async () => {
  const disk = loops.loop();
  const node = partitionOf(disk, 1);
  expect(await codes({ path: node, backingFile: disk.file })).toEqual(['GATE_IS_PARTITION']);
  expect(await codes({ path: named(node), backingFile: disk.file, cut: true })).toEqual([]);
});

it('a file system on the partition is refused; a mounted one on another partition only if a rail cuts the disk', async () => {
  const disk = loops.loop();
  const [mine, other] = [partitionOf(disk, 1), partitionOf(disk, 2)];
  const request = { path: named(mine), backingFile: disk.file };
  const point = join(loops.folder, 'other-partition');
  mkdirSync(point);
  command('mkfs.ext4', '-q', other);
  command('mount', other, point);
  loops.undo(() => command('umount', point));
  expect(await codes({ ...request, cut: false })).toEqual([]);
  expect(await codes({ ...request, cut: true })).toEqual(['GATE_DISK_SHARED']);
  expect(await codes({ path: named(other), backingFile: disk.file })).toEqual(['GATE_MOUNTED', 'GATE_SIGNATURE']);
});

it('two partitions of one disk are two devices; one partition in two roles is refused', async () => {
  const disk = loops.loop();
  const nodes = [partitionOf(disk, 1), partitionOf(disk, 2)];
  const candidate = (path: string, role: 'primary' | 'journal') => ({
    request: { role, path, lab: false },
    identity: identify(path),
  });
  expect(await checkDuplicates([candidate(nodes[0], 'primary'), candidate(nodes[1], 'journal')])).toEqual([]);
  expect(
    (await checkDuplicates([candidate(nodes[0], 'primary'), candidate(nodes[0], 'journal')])).map((f) => f.code),
  ).toEqual(['GATE_SAME_DEVICE']);
});

it('a multipath device has the WWN of its paths', () => {
  expect(wwnOfMultipath('mpath-3600a098038304437415d4b6a59684a52')).toBe('0x600a098038304437415d4b6a59684a52');
  expect(wwnOfMultipath('mpath-35000c500a1b2c3d4')).toBe('0x5000c500a1b2c3d4');
  expect(wwnOfMultipath('mpath-20024F4000000001A')).toBe('eui.0024f4000000001a');
  expect(wwnOfMultipath('mpath-eui.0025388B01234567')).toBe('eui.0025388b01234567');
  for (const other of [null, '', 'LVM-0123', 'CRYPT-LUKS2-x', 'mpath-', 'mpath-3zz', 'part1-mpath-35000c500a1b2c3d4'])
    expect(wwnOfMultipath(other), String(other)).toBeNull();
});
