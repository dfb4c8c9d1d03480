/**
 * Partitions, both ways. A disk that has some is not free. A partition may be an area or the journal when it is named by
 * what stays with it, and when nothing else on its disk is harmed by what is done to it: power and write cache are the
 * disk's, not the partition's.
 */
import { ancestorsOf, holdersOf, kernelNameOf, partitionsOf } from '../blockdev/blockTree.js';
import { finding, type GateFinding, type GateRequest } from './types.js';
import { mountedBlockDevices, swapBlockDevices } from './mounts.js';
import { readAttribute, readSysfs } from '../blockdev/sysfs.js';

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
