/**
 * The gate refuses devices that are the root disk, mounted, swap, held or open exclusively, each with a code of its
 * own. It also finds such a use on a device stacked above.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blockNodeOf } from '../../src/blockdev/blockTree.js';
import { checkGate } from '../../src/gate/gate.js';
import { parseMountinfo } from '../../src/gate/use.js';
import { openDevice } from '../../src/blockdev/openDevice.js';
import { command, useLoops, type TestLoop } from '../blockdev/loop.js';

const loops = useLoops();

async function codes(loop: TestLoop): Promise<string[]> {
  const report = await checkGate([{ role: 'secondary', path: loop.path, backingFile: loop.file, lab: true }]);
  expect(report.passed).toBe(report.findings.length === 0);
  return report.findings.map((f) => f.code);
}

function mount(loop: TestLoop, name: string): string {
  const point = join(loops.folder, name);
  mkdirSync(point);
  command('mkfs.ext4', '-q', loop.path);
  command('mount', loop.path, point);
  loops.undo(() => command('umount', point));
  return point;
}

it('refuses a device that is mounted at a path with a blank', async () => {
  const loop = loops.loop();
  const point = mount(loop, 'a b');
  const { findings } = await checkGate([{ role: 'primary', path: loop.path, backingFile: loop.file, lab: true }]);
  expect(findings.map((f) => f.code)).toEqual(['GATE_MOUNTED', 'GATE_SIGNATURE']);
  expect(findings[0]!.found).toContain(point);
});

it('refuses a device whose file system contains the backing file of a mounted loop device', async () => {
  const lower = loops.loop({ sizeBytes: 128 * 2 ** 20 });
  const point = mount(lower, 'lower');
  command('truncate', '-s', '32M', join(point, 'image'));
  const upper = loops.loop({ over: join(point, 'image') });
  mount(upper, 'upper');
  const { findings } = await checkGate([{ role: 'primary', path: lower.path, backingFile: lower.file, lab: true }]);
  expect(findings[0]).toMatchObject({ code: 'GATE_MOUNTED' });
  expect(findings[0]!.found).toContain('upper (on loop');
});

it('refuses a device that is swap space in use', async () => {
  const loop = loops.loop();
  command('mkswap', loop.path);
  command('swapon', loop.path);
  loops.undo(() => command('swapoff', loop.path));
  expect(await codes(loop)).toEqual(['GATE_SWAP', 'GATE_SIGNATURE']);
});

it('refuses a device that a loop device holds, and refuses that loop device because a device backs it', async () => {
  const lower = loops.loop();
  const upper = loops.loop({ over: lower.path });
  expect(await codes(lower)).toEqual(['GATE_HELD']);
  expect(await codes(upper)).toContain('GATE_BACKED_BY_DEVICE');
});

it('refuses a device that another program has open exclusively', async () => {
  const loop = loops.loop();
  const other = openDevice(loop.path);
  try {
    expect(await codes(loop)).toEqual(['GATE_BUSY']);
  } finally {
    other.close();
  }
  expect(await codes(loop)).toEqual([]);
});

it('refuses a partitioned disk, a partition, and a disk whose partition is mounted', async () => {
  const disk = loops.loop();
  // The test gives the partitions to the kernel, because not every kernel reads partition tables.
  command('addpart', disk.path, '1', '2048', '100000');
  loops.undo(() => command('delpart', disk.path, '1'));
  const partition = { path: `${disk.path}p1`, file: disk.file };
  expect(await codes(disk)).toEqual(['GATE_PARTITIONED']);
  expect(await codes(partition)).toEqual(['GATE_IS_PARTITION']);
  mount(partition, 'partition');
  expect(await codes(disk)).toEqual(['GATE_MOUNTED', 'GATE_PARTITIONED']);
  expect(await codes(partition)).toEqual(['GATE_MOUNTED', 'GATE_IS_PARTITION', 'GATE_SIGNATURE']);
});

it('refuses a read-only device', async () => {
  expect(await codes(loops.loop({ readOnly: true }))).toEqual(['GATE_READ_ONLY']);
});

const root = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).find((entry) => entry.mountPoint === '/');
const rootDevice = root !== undefined && blockNodeOf(root.source) !== null ? root.source : null;

it.skipIf(rootDevice === null)('refuses the root disk, whatever the profile says of it', async () => {
  const request = { role: 'primary' as const, path: rootDevice!, backingFile: '/x', serial: 'x', lab: true };
  const { passed, findings } = await checkGate([request]);
  expect(passed).toBe(false);
  expect(findings.map((f) => f.code)).toContain('GATE_ROOT');
});
