/**
 * Loop devices that look like real disks. The command runs in a mount namespace of its own. There the devices have no
 * backing file, but a serial number and a name below /dev/disk/by-id. The device itself is unchanged: reads, writes,
 * flushes, O_EXCL and power cuts of the lab go to the loop device. Processes outside see no change, and the kernel
 * removes the namespace with its last process.
 */
import { basename } from 'node:path';
import { blockNodeOf } from '../../src/blockdev/blockTree.js';

/**
 * A namespace starts as a copy of all mounts. Without this, a loop device that another test has mounted would stay
 * mounted here, and its device in use, after that test has unmounted it.
 */
const UNMOUNT_LOOPS_OF_OTHERS =
  'while read -r source point rest; do case $point in */plugpull-loop-*) umount --lazy "$(printf %b "$point")" || :;; esac; done < /proc/self/mounts';

export interface Disguise {
  /** `/dev/loopN` */
  node: string;
  /** Below /dev/disk/by-id. */
  name: string;
  /** Left out: the device reports none, like an md array. */
  serial?: string;
  wwn?: string;
  model?: string;
}

/** The words to put before the command. */
export function inDisguise(disks: readonly Disguise[]): string[] {
  const lines = disks.flatMap(({ node, name, serial, wwn, model }) => {
    const udev = [
      ...(serial === undefined ? [] : [`E:ID_SERIAL_SHORT=${serial}`]),
      `E:ID_MODEL=${model ?? 'DISGUISED'}`,
      ...(wwn === undefined ? [] : [`E:ID_WWN=${wwn}`]),
    ];
    return [
      // The kernel shows the backing file in this folder.
      `mount -t tmpfs none /sys/devices/virtual/block/${basename(node)}/loop`,
      `printf '%s\\n' ${udev.map((line) => `'${line}'`).join(' ')} > /run/udev/data/b${blockNodeOf(node)}`,
      `ln -s ${node} /dev/disk/by-id/${name}`,
    ];
  });
  const script = [
    'set -e',
    UNMOUNT_LOOPS_OF_OTHERS,
    'mkdir -p /dev/disk',
    'mount -t tmpfs none /run',
    'mkdir -p /run/udev/data',
    'mount -t tmpfs none /dev/disk',
    'mkdir /dev/disk/by-id',
    ...lines,
    'exec "$@"',
  ].join('\n');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}
