/** Is anybody using it? Root, mounts, swap, stacked devices, partitions; and O_EXCL for whatever none of these can see. */
import { ancestorsOf, holdersOf, kernelNameOf } from '../blockdev/blockTree.js';
import { openClaimed } from '../blockdev/exclusiveOpen.js';
import { errnoName } from '../blockdev/errors.js';
import { checkPartitions } from './partitions.js';
import { finding, type GateFinding, type GateRequest } from './types.js';
import { mountedBlockDevices, swapBlockDevices, type BlockUse } from './mounts.js';
import type { NativeLibrary } from '../blockdev/ffi/native.js';

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
export function checkClaim(request: GateRequest, name: string, native: NativeLibrary): GateFinding[] {
  const fd = openClaimed(native, name);
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
