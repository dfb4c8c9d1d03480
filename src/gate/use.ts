/**
 * Checks that nothing uses a device: the root file system, mounts, swap, stacked devices, partitions. An exclusive open
 * (O_EXCL) finds every other use, also in other mount namespaces.
 */

import { ancestorsOf, holdersOf, kernelNameOf, partitionsOf, blockNodeOf } from '../blockdev/blockTree.js';
import { openExclusive } from '../blockdev/openDevice.js';
import { errnoName } from '../blockdev/errors.js';
import { refusal, type GateRefusal, type GateRequest } from './gateReport.js';
import type { NativeLibrary } from '../blockdev/ffi/native.js';
import { readAttribute, readSysfs } from '../blockdev/sysfs.js';
import { readFileSync } from 'node:fs';

/** Reads /proc and /sys only: it works for a device that this user may not open. */
export function checkUse(request: GateRequest, majorMinor: string): GateRefusal[] {
  return [checkMounts, checkSwap, checkHolders, checkPartitions].flatMap((check) => check(request, majorMinor));
}

/** Uses of the device itself, or of a device stacked on it in any number of layers. */
function usesAbove(uses: BlockUse[], majorMinor: string): string[] {
  const above = uses.filter((use) => ancestorsOf(use.majorMinor).has(majorMinor));
  return [
    ...new Set(
      above.map((use) =>
        use.majorMinor === majorMinor ? use.what : `${use.what} (on ${kernelNameOf(use.majorMinor)})`,
      ),
    ),
  ];
}

function checkMounts(request: GateRequest, majorMinor: string): GateRefusal[] {
  const uses = mountedBlockDevices();
  const isRoot =
    usesAbove(
      uses.filter((use) => use.what === '/'),
      majorMinor,
    ).length > 0;
  if (isRoot) {
    return [
      refusal(
        request,
        'GATE_ROOT',
        `${kernelNameOf(majorMinor)} carries this system's root file system`,
        'name another disk; no option overrides this',
      ),
    ];
  }
  // The file system that holds a loop device's backing file is below the device: it is not a use of the device.
  const above = usesAbove(uses, majorMinor);
  if (above.length === 0) return [];
  return [refusal(request, 'GATE_MOUNTED', `mounted at ${above.join(', ')}`, 'if nothing on it is needed: umount it')];
}

function checkSwap(request: GateRequest, majorMinor: string): GateRefusal[] {
  if (usesAbove(swapBlockDevices(), majorMinor).length === 0) return [];
  return [
    refusal(
      request,
      'GATE_SWAP',
      `${kernelNameOf(majorMinor)} is swap space in use`,
      'swapoff it, and remove it from /etc/fstab',
    ),
  ];
}

function checkHolders(request: GateRequest, majorMinor: string): GateRefusal[] {
  const holders = holdersOf(majorMinor);
  if (holders.length === 0) return [];
  return [
    refusal(
      request,
      'GATE_HELD',
      `held by ${holders.join(', ')} (md, dm, LVM or loop)`,
      'stop that device (mdadm --stop, dmsetup remove, vgchange -an, losetup -d)',
    ),
  ];
}

/**
 * The last check: an exclusive open (O_EXCL), closed at once. It fails with EBUSY if any process, in any mount
 * namespace, has the device mounted or open exclusively.
 */
export function checkExclusiveOpen(request: GateRequest, name: string, native: NativeLibrary): GateRefusal[] {
  const fd = openExclusive(native, name);
  if (fd >= 0) {
    native.pp_close(fd);
    return [];
  }
  return [
    refusal(
      request,
      'GATE_BUSY',
      `exclusive open (O_EXCL) failed: ${errnoName(fd)}`,
      'another process has it open exclusively or mounted (another bench, another mount namespace): see fuser and lsblk',
    ),
  ];
}

/** udev makes these names from the UUID in the partition table, or from the disk's name and the partition's number. */
const PARTITION_FOLDERS = ['/dev/disk/by-partuuid/', '/dev/disk/by-id/', '/dev/disk/by-path/'];

/**
 * A disk with partitions is refused. A partition may be an area or the journal if it has a stable name, and if a power
 * cut of its disk harms no other use: power and write cache belong to the disk.
 */
function checkPartitions(request: GateRequest, majorMinor: string): GateRefusal[] {
  const facts = readSysfs(majorMinor);
  if (facts?.isPartition) return checkPartition(request, majorMinor, facts.diskName);
  const partitions = partitionsOf(majorMinor);
  if (partitions.length === 0) return [];
  const nextStep = `name one of them by-partuuid; or, if nothing in it is needed, remove the partition table: wipefs -a ${request.path}`;
  return [refusal(request, 'GATE_PARTITIONED', `has partitions ${partitions.join(', ')}`, nextStep)];
}

function checkPartition(request: GateRequest, majorMinor: string, diskName: string): GateRefusal[] {
  const name = kernelNameOf(majorMinor);
  if (!PARTITION_FOLDERS.some((folder) => request.path.startsWith(folder))) {
    return [
      refusal(
        request,
        'GATE_IS_PARTITION',
        `${name} is a partition of ${diskName}, named by its number`,
        'name it by /dev/disk/by-partuuid/… or /dev/disk/by-id/…-partN, or name the disk itself',
      ),
    ];
  }
  const disk = readAttribute('/sys/class/block', diskName, 'dev');
  if (disk === null)
    return [
      refusal(request, 'GATE_PROBE_FAILED', `${diskName}, the disk of ${name}, is not in /sys`, 'see the kernel log'),
    ];
  const uses = [...mountedBlockDevices(), ...swapBlockDevices()].filter((use) => ancestorsOf(use.majorMinor).has(disk));
  if (uses.some((use) => use.what === '/')) {
    return [
      refusal(
        request,
        'GATE_ROOT',
        `${diskName}, the disk of ${name}, carries this system's root file system`,
        'name another disk; no option overrides this',
      ),
    ];
  }
  if (request.cut !== true) return [];
  const others = [
    ...uses.filter((use) => !ancestorsOf(use.majorMinor).has(majorMinor)).map((use) => use.what),
    ...holdersOf(disk).filter((holder) => !holdersOf(majorMinor).includes(holder)),
  ];
  if (others.length === 0) return [];
  const found = `a rail cuts the power of ${diskName}, which has other uses: ${[...new Set(others)].join(', ')}`;
  return [refusal(request, 'GATE_DISK_SHARED', found, 'umount and stop them, or name another disk')];
}

export interface MountEntry {
  majorMinor: string;
  mountPoint: string;
  source: string;
}

/**
 * Fields of proc_pid_mountinfo(5): id parent major:minor root mountpoint options [optional…] - type source superoptions
 */
export function parseMountinfo(text: string): MountEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before, after] = line.split(' - ');
      const fields = before!.split(' ');
      return {
        majorMinor: fields[2]!,
        mountPoint: unescapeOctal(fields[4]!),
        source: unescapeOctal(after?.split(' ')[1] ?? ''),
      };
    });
}

/** First column of proc_swaps(5), below its heading. */
function parseSwaps(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => unescapeOctal(line.split(/\s+/)[0] ?? ''))
    .filter((name) => name !== '');
}

/** The kernel writes blanks, tabs, newlines and backslashes as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** One use of a block device in this mount namespace. */
interface BlockUse {
  majorMinor: string;
  /** `/srv`, or `swap`. */
  what: string;
}

/** btrfs and overlay report an anonymous device number; their source may name the device. The result has both. */
function mountedBlockDevices(): BlockUse[] {
  return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).flatMap((entry) => {
    const nodes = new Set([entry.majorMinor]);
    const named = entry.source.startsWith('/') ? blockNodeOf(entry.source) : null;
    if (named !== null) nodes.add(named);
    return [...nodes].map((majorMinor) => ({ majorMinor, what: entry.mountPoint }));
  });
}

function swapBlockDevices(): BlockUse[] {
  return parseSwaps(readFileSync('/proc/swaps', 'utf8')).flatMap((name) => {
    const majorMinor = blockNodeOf(name);
    return majorMinor === null ? [] : [{ majorMinor, what: 'swap' }];
  });
}
