/**
 * The gate refuses a disk that is in use by partitions, md, dm, multipath, swap, a mount or a loop device, and accepts
 * it afterwards.
 */
import { expect, it } from 'vitest';
import type { GateRequest } from '../../src/gate/gateReport.js';
import {
  askGate,
  codesOf,
  describeInMachine,
  identify,
  IN_THE_END,
  pathsOf,
  useBlankDisks,
  useMachine,
} from './bench.js';
import type { MachineDisk } from './hardware.js';

const BY_ID = '/dev/disk/by-id';
/** The one finding on a blank disk: its serial has not been typed. */
const FREE = ['GATE_NOT_ENROLLED'];

const PATHS_WWN = '5000c500a1b2c3f0';

interface Known {
  path: string;
  serial: string;
}
function scsi(n: number): Known {
  return { path: `${BY_ID}/scsi-0QEMU_QEMU_HARDDISK_SCSI${n}`, serial: `SCSI${n}` };
}
const nvme: Known = { path: `${BY_ID}/nvme-QEMU_NVMe_Ctrl_NVME1`, serial: 'NVME1' };

const PROGRAMS = {
  mdadm: 'mdadm',
  dmsetup: 'dmsetup',
  multipath: 'multipath-tools',
  sgdisk: 'gdisk',
  'mkfs.ext4': 'e2fsprogs',
  losetup: 'mount',
};

describeInMachine('the gate beside the kernel', PROGRAMS, () => {
  const blank = useBlankDisks();
  const rig = useMachine(() => ({
    modules: ['dm-mod', 'dm-multipath', 'dm-service-time', 'raid1', 'ext4', 'loop'],
    disks: [
      { id: 'nvme1', kind: 'nvme', backing: blank('nvme1'), serial: nvme.serial },
      ...[1, 2, 3].map((n): MachineDisk => ({
        id: `scsi${n}`,
        kind: 'scsi',
        backing: blank(`scsi${n}`),
        serial: `SCSI${n}`,
      })),
      { id: 'paths', kind: 'scsi', backing: blank('paths'), serial: 'PATHS1', wwn: PATHS_WWN, twoPaths: true },
    ],
  }));
  const codes = async (...requests: Partial<GateRequest>[]): Promise<string[]> =>
    codesOf(await askGate(rig.machine, requests));
  const found = async (request: Partial<GateRequest>): Promise<string> =>
    (await askGate(rig.machine, [request])).findings.map(({ code, found }) => `${code} ${found}`).join('\n');
  /** The kernel and udev's programs release a disk after a while. */
  const inTheEnd = (...requests: Partial<GateRequest>[]) => expect.poll(() => codes(...requests), IN_THE_END);
  const must = (...command: string[]): Promise<string> => rig.machine.must(...command);
  /** For a disk that a program of udev may still have open. */
  const mustInTheEnd = (...command: string[]) =>
    expect.poll(async () => (await rig.machine.run(command)).code, IN_THE_END).toBe(0);

  it('partitions, and what is mounted on one of them', async () => {
    await must('sgdisk', '--new=1:2048:+4M', '--new=2:0:+4M', nvme.path);
    await rig.machine.udevDone();
    await inTheEnd(nvme).toEqual(['GATE_PARTITIONED', 'GATE_SIGNATURE', 'GATE_NOT_ENROLLED']);
    const [first, second] = [1, 2].map((n) => ({ ...nvme, path: `${nvme.path}-part${n}`, cut: true }));
    await inTheEnd(first!).toEqual(FREE);
    await must('mkfs.ext4', '-q', second!.path);
    await must('mount', second!.path, '/mnt');
    expect(await found(first!)).toContain(
      'GATE_DISK_SHARED a rail cuts the power of nvme0n1, which has other uses: /mnt',
    );
    await inTheEnd({ ...first, cut: false }).toEqual(FREE);
    await inTheEnd(second!).toEqual(['GATE_MOUNTED', 'GATE_SIGNATURE', 'GATE_NOT_ENROLLED']);
    expect(await found(nvme)).toContain('GATE_MOUNTED mounted at /mnt (on nvme0n1p2)');
    await must('umount', '/mnt');
    await must('wipefs', '--all', second!.path);
    await inTheEnd(second!).toEqual(FREE);
  });

  it('a mirror of md, and what is mounted on it', async () => {
    const [one, two] = [scsi(1), scsi(2)];
    await must(
      'mdadm',
      '--create',
      '/dev/md0',
      '--run',
      '--metadata=1.2',
      '--level=1',
      '--raid-devices=2',
      one.path,
      two.path,
    );
    expect(await found(one)).toMatch(/GATE_HELD held by md0 .*\n.*GATE_SIGNATURE carries linux_raid_member/s);
    await must('mkfs.ext4', '-q', '/dev/md0');
    await must('mount', '/dev/md0', '/mnt');
    expect(await found(two)).toContain('GATE_MOUNTED mounted at /mnt (on md0)');
    await must('umount', '/mnt');
    await mustInTheEnd('mdadm', '--stop', '/dev/md0');
    // The members keep its superblock. When udev examines them, it assembles no array.
    await must('udevadm', 'trigger', '--action=change', '--settle', one.path, two.path);
    await inTheEnd(one).toEqual(['GATE_SIGNATURE', 'GATE_NOT_ENROLLED']);
    for (const { path } of [one, two]) await mustInTheEnd('mdadm', '--zero-superblock', path);
    await inTheEnd(one, two).toEqual([...FREE, ...FREE]);
  });

  it('a mapping of dm, by its name, and swap on it', async () => {
    const disk = scsi(3);
    await must('dmsetup', 'create', 'cellar', '--table', `0 16384 linear ${disk.path} 0`);
    expect(await found(disk)).toMatch(/GATE_HELD held by dm-\d+ \(cellar\)/);
    await must('mkswap', '/dev/mapper/cellar');
    await must('swapon', '/dev/mapper/cellar');
    expect(await codes(disk)).toEqual(expect.arrayContaining(['GATE_SWAP', 'GATE_HELD']));
    expect(await codes({ path: '/dev/mapper/cellar', serial: disk.serial })).toContain('GATE_UNIDENTIFIED');
    await must('swapoff', '/dev/mapper/cellar');
    await mustInTheEnd('dmsetup', 'remove', 'cellar');
    // The mapping wrote it past the disk's own page cache: the disk shows it at the latest when the mapping is removed.
    await expect.poll(() => found(disk), IN_THE_END).toContain('GATE_SIGNATURE carries swap');
    await must('wipefs', '--all', disk.path);
    await inTheEnd(disk).toEqual(FREE);
  });

  it('a loop device over a disk, and a disk that is read-only', async () => {
    const disk = scsi(3);
    const loop = (await must('losetup', '--find', '--show', disk.path)).trim();
    expect(await found(disk)).toContain(`GATE_HELD held by ${loop.slice('/dev/'.length)} `);
    expect(await codes({ path: loop, backingFile: disk.path })).toContain('GATE_BACKED_BY_DEVICE');
    await must('losetup', '--detach', loop);
    await must('blockdev', '--setro', disk.path);
    await inTheEnd(disk).toEqual(['GATE_READ_ONLY', 'GATE_NOT_ENROLLED']);
    await must('blockdev', '--setrw', disk.path);
    await inTheEnd(disk).toEqual(FREE);
  });

  it('one disk over two paths, alone and under multipath', async () => {
    const wwn = `0x${PATHS_WWN}`;
    const paths = await pathsOf(rig.machine, PATHS_WWN);
    expect(paths).toHaveLength(2);
    const [one, two] = paths.map((path) => ({ path, serial: 'PATHS1', wwn }));
    const twice = await askGate(rig.machine, [one!, two!]);
    expect(twice.findings.find(({ code }) => code === 'GATE_SAME_DEVICE')?.found).toContain(
      `both have wwn ${wwn}: one disk over two paths`,
    );

    await must('multipath', paths[0]!);
    await rig.machine.udevDone();
    const mapped = { path: `/dev/mapper/3${PATHS_WWN}`, wwn };
    await inTheEnd(mapped).toEqual(FREE);
    expect(await identify(rig.machine, mapped.path)).toMatchObject({ wwn, backingFile: null });
    await inTheEnd({ ...mapped, path: `${BY_ID}/wwn-${wwn}` }).toEqual(FREE);
    expect(await found(one!)).toMatch(new RegExp(`GATE_HELD held by dm-\\d+ \\(3${PATHS_WWN}\\)`));
    expect(await codes(mapped, two!)).toContain('GATE_SAME_DEVICE');
    await mustInTheEnd('multipath', '-f', `3${PATHS_WWN}`);
  });
});
