/**
 * Opening block devices. `openDevice` claims one for writing (O_DIRECT | O_EXCL); `identify` only looks. Neither asks
 * whether the device may be overwritten: that is the safety gate's question, asked before.
 */
import { constants as os } from 'node:os';
import { openClaimed } from './exclusiveOpen.js';
import { DeviceError, errnoName, type DeviceErrorCode } from './errors.js';
import { identityOf } from './identity.js';
import { loadNative } from './ffi/loadNative.js';
import type { FfiName, NativeLibrary } from './ffi/native.js';
import type { DeviceIdentity, OpenDevice } from './blockDevice.js';
import { CONSTANTS } from './ffi/signatures.js';

export interface DeviceOptions {
  ffi?: FfiName;
  /** How long a claim waits for another one to end. Default: what udev's programs take. */
  patienceMs?: number;
}

/** Throws DeviceError: DEVICE_MISSING, DEVICE_BUSY, DEVICE_PERMISSION, DEVICE_READ_ONLY, DEVICE_NOT_BLOCK, … */
export function openDevice(path: string, options: DeviceOptions = {}): OpenDevice {
  const native = loadNative(options.ffi);
  const fd = orThrow(
    path,
    openClaimed(native, path, CONSTANTS.PP_OPEN_WRITE | CONSTANTS.PP_OPEN_DIRECT, options.patienceMs),
  );
  try {
    const identity = identityOf(native, fd, path);
    // The kernel lets a read-only device be opened for writing and fails the writes.
    if (identity.readOnly)
      throw new DeviceError('DEVICE_READ_ONLY', `${path} is read-only; it must be writable (blockdev --setrw).`, {
        path,
      });
    return new NativeDevice(native, fd, identity);
  } catch (error) {
    native.pp_close(fd);
    throw error;
  }
}

/** Open for reading, and nobody's claim: what is asked of it is asked of one device, wherever its name leads meanwhile. */
export function lookAt(path: string, options: DeviceOptions = {}): OpenDevice {
  const native = loadNative(options.ffi);
  const fd = orThrow(path, native.pp_open(path, 0));
  try {
    return new NativeDevice(native, fd, identityOf(native, fd, path));
  } catch (error) {
    native.pp_close(fd);
    throw error;
  }
}

/** The same identity without claiming the device, nor opening it for writing. Throws as `openDevice` does, never DEVICE_BUSY. */
export function identify(path: string, options: DeviceOptions = {}): DeviceIdentity {
  const device = lookAt(path, options);
  device.close();
  return device.identity;
}

/** A name for the device itself, also for programs that we start; good until it is closed. */
export function nameOfOpen(device: OpenDevice): string {
  return `/proc/${process.pid}/fd/${device.fd}`;
}

class NativeDevice implements OpenDevice {
  readonly #native: NativeLibrary;
  readonly #identity: DeviceIdentity;
  /** null once closed: a number of a closed descriptor may be someone else's by now. */
  #fd: number | null;

  constructor(native: NativeLibrary, fd: number, identity: DeviceIdentity) {
    this.#native = native;
    this.#fd = fd;
    this.#identity = identity;
  }

  get closed(): boolean {
    return this.#fd === null;
  }

  /** Stays readable after close: it is what was, and error messages need it. */
  get identity(): DeviceIdentity {
    return this.#identity;
  }

  get fd(): number {
    if (this.#fd === null) {
      const { path } = this.#identity;
      throw new DeviceError('DEVICE_CLOSED', `${path} has been closed; open it again before using it.`, { path });
    }
    return this.#fd;
  }

  close(): void {
    if (this.#fd === null) return;
    const fd = this.#fd;
    this.#fd = null;
    this.#native.pp_close(fd);
  }
}

interface Refusal {
  code: DeviceErrorCode;
  says: string;
}
const REFUSALS = new Map<number, Refusal>([
  [os.errno.ENOENT, { code: 'DEVICE_MISSING', says: 'does not exist. Is it attached and powered?' }],
  [os.errno.ENXIO, { code: 'DEVICE_MISSING', says: 'has a node but no device behind it. Is it attached and powered?' }],
  [
    os.errno.ENODEV,
    { code: 'DEVICE_MISSING', says: 'has a node but no device behind it. Is it attached and powered?' },
  ],
  [
    os.errno.EBUSY,
    {
      code: 'DEVICE_BUSY',
      says: 'is claimed by someone else (mounted, swap, md, dm, another bench): lsblk shows who.',
    },
  ],
  [
    os.errno.EACCES,
    { code: 'DEVICE_PERMISSION', says: 'may not be opened by this user. Run as root, or give the user the disk.' },
  ],
  [
    os.errno.EPERM,
    { code: 'DEVICE_PERMISSION', says: 'may not be opened by this user. Run as root, or give the user the disk.' },
  ],
  [os.errno.EROFS, { code: 'DEVICE_READ_ONLY', says: 'is read-only; it must be writable.' }],
  [os.errno.EISDIR, { code: 'DEVICE_NOT_BLOCK', says: 'is a directory; name a block device below /dev/disk/by-id.' }],
  [os.errno.EINVAL, { code: 'DEVICE_NOT_BLOCK', says: 'does not take O_DIRECT: it is no block device.' }],
]);

function orThrow(path: string, fd: number): number {
  if (fd >= 0) return fd;
  const refusal = REFUSALS.get(-fd) ?? {
    code: 'DEVICE_OPEN_FAILED',
    says: 'cannot be opened; the kernel log may say more.',
  };
  throw new DeviceError(refusal.code, `${path} ${refusal.says} (${errnoName(fd)})`, { path, errno: -fd });
}
