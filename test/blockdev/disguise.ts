/**
 * Loop devices that look like real disks: to the processes run inside, which see a mount namespace of their own, they
 * have no backing file, but a serial number and a name below /dev/disk/by-id. The device stays what it is: reads, writes,
 * flushes, O_EXCL and power cuts of the lab go to the loop device. Nothing of it is seen outside, and it ends by itself
 * with the last process.
 */
import { basename } from 'node:path';
import { blockNodeOf } from '../../src/blockdev/blockTree.js';

/**
 * A namespace begins as a copy of all mounts: what another test mounts from a loop device would stay mounted here, and its
 * device claimed, when that test unmounts it.
 */
const LET_GO =
  'while read -r source point rest; do case $point in */plugpull-loop-*) umount --lazy "$(printf %b "$point")" || :;; esac; done < /proc/self/mounts';

export interface Disguise {
  /** `/dev/loopN` */
  node: string;
  /** Below /dev/disk/by-id. */
  name: string;
  /** Left out: it tells none, as an array of md. */
  serial?: string;
  wwn?: string;
  model?: string;
}

/** What stands before the command. */
export function inDisguise(disks: readonly Disguise[]): string[] {
  const lines = disks.flatMap(({ node, name, serial, wwn, model }) => {
    const udev = [
      ...(serial === undefined ? [] : [`E:ID_SERIAL_SHORT=${serial}`]),
      `E:ID_MODEL=${model ?? 'DISGUISED'}`,
      ...(wwn === undefined ? [] : [`E:ID_WWN=${wwn}`]),
    ];
    return [
      // The folder in which the kernel tells the backing file.
      `mount -t tmpfs none /sys/devices/virtual/block/${basename(node)}/loop`,
      `printf '%s\\n' ${udev.map((line) => `'${line}'`).join(' ')} > /run/udev/data/b${blockNodeOf(node)}`,
      `ln -s ${node} /dev/disk/by-id/${name}`,
    ];
  });
  const script = [
    'set -e',
    LET_GO,
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
