/** Is anybody using it? Root, mounts, swap, stacked devices, partitions; and O_EXCL for whatever none of these can see. */

import { ancestorsOf, holdersOf, kernelNameOf, partitionsOf, blockNodeOf } from '../blockdev/blockTree.js';
import { openExclusive } from '../blockdev/openDevice.js';
import { errnoName } from '../blockdev/errors.js';
import { finding, type GateFinding, type GateRequest } from './gateReport.js';
import type { NativeLibrary } from '../blockdev/ffi/native.js';
import { readAttribute, readSysfs } from '../blockdev/sysfs.js';
import { readFileSync } from 'node:fs';

/** Reads /proc and /sys only, so that it can be told even of a device that this user may not open. */
export function checkUse(request: GateRequest, majorMinor: string): GateFinding[] {
  return [checkMounts, checkSwap, checkHolders, checkPartitions].flatMap((check) => check(request, majorMinor));
}

/** Uses of the device itself or of anything that stands on it, however many layers above. */
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

function checkMounts(request: GateRequest, majorMinor: string): GateFinding[] {
  const uses = mountedBlockDevices();
  const isRoot =
    usesAbove(
      uses.filter((use) => use.what === '/'),
      majorMinor,
    ).length > 0;
  if (isRoot) {
    return [
      finding(
        request,
        'GATE_ROOT',
        `${kernelNameOf(majorMinor)} carries this system's root file system`,
        'name another disk; this one cannot be forced',
      ),
    ];
  }
  // A loop device's file lies on a mounted file system: that is below it, not above, and no reason to refuse.
  const above = usesAbove(uses, majorMinor);
  if (above.length === 0) return [];
  return [finding(request, 'GATE_MOUNTED', `mounted at ${above.join(', ')}`, 'umount it, if nothing on it is needed')];
}

function checkSwap(request: GateRequest, majorMinor: string): GateFinding[] {
  if (usesAbove(swapBlockDevices(), majorMinor).length === 0) return [];
  return [
    finding(
      request,
      'GATE_SWAP',
      `${kernelNameOf(majorMinor)} is swap space in use`,
      'swapoff it, and remove it from /etc/fstab',
    ),
  ];
}

function checkHolders(request: GateRequest, majorMinor: string): GateFinding[] {
  const holders = holdersOf(majorMinor);
  if (holders.length === 0) return [];
  return [
    finding(
      request,
      'GATE_HELD',
      `held by ${holders.join(', ')} (md, dm, LVM or loop)`,
      'take the stack apart (mdadm --stop, dmsetup remove, vgchange -an, losetup -d)',
    ),
  ];
}

/** The backstop: whoever claims a block device makes this fail with EBUSY, in any mount namespace. Claims for an instant itself. */
export function checkExclusiveOpen(request: GateRequest, name: string, native: NativeLibrary): GateFinding[] {
  const fd = openExclusive(native, name);
  if (fd >= 0) {
    native.pp_close(fd);
    return [];
  }
  return [
    finding(
      request,
      'GATE_BUSY',
      `cannot be claimed: ${errnoName(fd)}`,
      'someone has it open exclusively (another bench, another mount namespace): fuser, lsblk',
    ),
  ];
}

/** (MERGED)
 * Partitions, both ways. A disk that has some is not free. A partition may be an area or the journal when it is named by
 * what stays with it, and when nothing else on its disk is harmed by what is done to it: power and write cache are the
 * disk's, not the partition's.
 */

/** udev makes these from the partition table's own UUID, or from the disk's name and the partition's number. */
const PARTITION_FOLDERS = ['/dev/disk/by-partuuid/', '/dev/disk/by-id/', '/dev/disk/by-path/'];

export function checkPartitions(request: GateRequest, majorMinor: string): GateFinding[] {
  const facts = readSysfs(majorMinor);
  if (facts?.isPartition) return checkPartition(request, majorMinor, facts.diskName);
  const partitions = partitionsOf(majorMinor);
  if (partitions.length === 0) return [];
  const nextStep = `name one of them by-partuuid, or remove the partition table (wipefs -a ${request.path}), if nothing in it is needed`;
  return [finding(request, 'GATE_PARTITIONED', `has partitions ${partitions.join(', ')}`, nextStep)];
}

function checkPartition(request: GateRequest, majorMinor: string, diskName: string): GateFinding[] {
  const name = kernelNameOf(majorMinor);
  if (!PARTITION_FOLDERS.some((folder) => request.path.startsWith(folder))) {
    return [
      finding(
        request,
        'GATE_IS_PARTITION',
        `${name} is a partition of ${diskName}, named by its number`,
        'name it by /dev/disk/by-partuuid/… or /dev/disk/by-id/…-partN, or name the whole disk',
      ),
    ];
  }
  const disk = readAttribute('/sys/class/block', diskName, 'dev');
  if (disk === null)
    return [
      finding(request, 'GATE_PROBE_FAILED', `${diskName}, the disk of ${name}, is not in /sys`, 'see the kernel log'),
    ];
  const uses = [...mountedBlockDevices(), ...swapBlockDevices()].filter((use) => ancestorsOf(use.majorMinor).has(disk));
  if (uses.some((use) => use.what === '/')) {
    return [
      finding(
        request,
        'GATE_ROOT',
        `${diskName}, the disk of ${name}, carries this system's root file system`,
        'name another disk; this one cannot be forced',
      ),
    ];
  }
  if (request.cut !== true) return [];
  const others = [
    ...uses.filter((use) => !ancestorsOf(use.majorMinor).has(majorMinor)).map((use) => use.what),
    ...holdersOf(disk).filter((holder) => !holdersOf(majorMinor).includes(holder)),
  ];
  if (others.length === 0) return [];
  const found = `a rail cuts the power of ${diskName}, on which others are in use: ${[...new Set(others)].join(', ')}`;
  return [finding(request, 'GATE_DISK_SHARED', found, 'umount and stop them, or use a disk of its own')];
}

/** (MERGED) What this mount namespace has mounted and what the kernel swaps on, by block device. Other namespaces: O_EXCL tells. */

export interface MountEntry {
  majorMinor: string;
  mountPoint: string;
  source: string;
}

/** Fields of proc_pid_mountinfo(5): id parent major:minor root mountpoint options [optional…] - type source superoptions */
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

/** Blanks, tabs, newlines and backslashes are written `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

export interface BlockUse {
  majorMinor: string;
  /** `/srv`, or `swap`. */
  what: string;
}

/** btrfs and overlay give an anonymous number; their source may still name the device. Both are listed. */
export function mountedBlockDevices(): BlockUse[] {
  return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).flatMap((entry) => {
    const nodes = new Set([entry.majorMinor]);
    const named = entry.source.startsWith('/') ? blockNodeOf(entry.source) : null;
    if (named !== null) nodes.add(named);
    return [...nodes].map((majorMinor) => ({ majorMinor, what: entry.mountPoint }));
  });
}

export function swapBlockDevices(): BlockUse[] {
  return parseSwaps(readFileSync('/proc/swaps', 'utf8')).flatMap((name) => {
    const majorMinor = blockNodeOf(name);
    return majorMinor === null ? [] : [{ majorMinor, what: 'swap' }];
  });
}
