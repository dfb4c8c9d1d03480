/**
 * Claiming a device: open with O_EXCL. After each change of a disk udev runs programs that claim it themselves for some
 * milliseconds (mdadm --incremental among them): that is nobody's use of it, so a claim that meets another waits a little.
 */
import { constants as os } from 'node:os';
import type { NativeLibrary } from './ffi/native.js';
import { CONSTANTS } from './ffi/signatures.js';

/** Programs of udev take tens of milliseconds; who holds a disk for longer uses it. */
export const CLAIM_PATIENCE_MS = 1000;
const EVERY_MS = 20;
const nothing = new Int32Array(new SharedArrayBuffer(4));

/** `flags`: beside O_EXCL. A descriptor, or a negative errno. Blocks the thread for as long as it is patient on EBUSY. */
export function openClaimed(native: NativeLibrary, path: string, flags = 0, patienceMs = CLAIM_PATIENCE_MS): number {
  for (let waitedMs = 0; ; waitedMs += EVERY_MS) {
    const fd = native.pp_open(path, flags | CONSTANTS.PP_OPEN_EXCLUSIVE);
    if (fd !== -os.errno.EBUSY || waitedMs >= patienceMs) return fd;
    Atomics.wait(nothing, 0, 0, EVERY_MS);
  }
}
