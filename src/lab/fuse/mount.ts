/**
 * Mounts one file served from /dev/fuse, without libfuse: the mount point is a regular file, which then shows the disk.
 */
import fs from 'node:fs';
import { LabError } from '../errors.js';
import { errnoName, lastErrno, libcCalls, MNT_DETACH, MS_NOSUID_NODEV } from '../libc.js';
import { MAX_WRITE_BYTES } from './protocol.js';

const FUSE_DEVICE = '/dev/fuse';

/** Non-blocking: the server polls, so that a power cut can wake it. Throws LabError LAB_NO_FUSE. */
export function openFuse(): number {
  try {
    return fs.openSync(FUSE_DEVICE, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const step =
      code === 'EACCES' || code === 'EPERM'
        ? 'Run as root.'
        : 'Run `modprobe fuse`, or pass the device to the container.';
    throw new LabError('LAB_NO_FUSE', `${FUSE_DEVICE}: open failed (${code}); virtual disks need FUSE. ${step}`, {
      code,
    });
  }
}

/** `target` must be an existing regular file; it shows the disk's size and bytes from now on. Throws LabError. */
export function mountFuseFile(fuseFd: number, target: string): void {
  const options = `fd=${fuseFd},rootmode=100000,user_id=0,group_id=0,allow_other,max_read=${MAX_WRITE_BYTES}`;
  if (libcCalls.mount('plugpull', target, 'fuse.plugpull', MS_NOSUID_NODEV, options) === 0) return;
  const reason = errnoName(lastErrno());
  const step = reason === 'EPERM' ? 'The lab needs CAP_SYS_ADMIN: run as root.' : 'See `dmesg`.';
  throw new LabError('LAB_MOUNT_FAILED', `mount of a virtual disk on ${target} failed: ${reason}. ${step}`, {
    target,
    reason,
  });
}

/**
 * Lazy unmount: the path is free at once, also while a loop device holds the file. False: nothing was mounted there.
 */
export function unmountDetached(target: string): boolean {
  return libcCalls.umount2(target, MNT_DETACH) === 0;
}
