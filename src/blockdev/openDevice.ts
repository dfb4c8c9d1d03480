/**
 * Opening block devices. `openDevice` opens one for writing (O_DIRECT | O_EXCL); `lookAt` and `identify` open it for
 * reading, without O_EXCL. None of them checks whether the device may be overwritten: the safety gate does, before.
 */
import { constants as os } from 'node:os';
import { DeviceError, errnoName, type DeviceErrorCode } from './errors.js';
import { loadNative } from './ffi/loadNative.js';
import type { FfiName, NativeLibrary } from './ffi/native.js';
import type { DeviceIdentity, OpenDevice } from './blockDevice.js';
import { CONSTANTS, STRUCTS } from './ffi/signatures.js';
import { readSysfs } from './sysfs.js';

export interface DeviceOptions {
  ffi?: FfiName;
  /** How long an exclusive open retries EBUSY, in ms. Default: BUSY_RETRY_MS. */
  busyRetryMs?: number;
}

/**
 * After each change of a disk udev runs programs that open it exclusively (mdadm --incremental among them), for tens of
 * milliseconds. An opener that holds a disk for longer uses it.
 */
export const BUSY_RETRY_MS = 1000;
const BUSY_RETRY_EVERY_MS = 20;
const sleepWord = new Int32Array(new SharedArrayBuffer(4));

/**
 * Opens with O_EXCL and `flags`. Retries EBUSY for up to `busyRetryMs`, and blocks the thread meanwhile.
 * Returns a descriptor, or a negative errno.
 */
export function openExclusive(native: NativeLibrary, path: string, flags = 0, busyRetryMs = BUSY_RETRY_MS): number {
  for (let waitedMs = 0; ; waitedMs += BUSY_RETRY_EVERY_MS) {
    const fd = native.pp_open(path, flags | CONSTANTS.PP_OPEN_EXCLUSIVE);
    if (fd !== -os.errno.EBUSY || waitedMs >= busyRetryMs) return fd;
    Atomics.wait(sleepWord, 0, 0, BUSY_RETRY_EVERY_MS);
  }
}

/** Throws DeviceError: DEVICE_MISSING, DEVICE_BUSY, DEVICE_PERMISSION, DEVICE_READ_ONLY, DEVICE_NOT_BLOCK, … */
export function openDevice(path: string, options: DeviceOptions = {}): OpenDevice {
  const native = loadNative(options.ffi);
  const fd = orThrow(
    path,
    openExclusive(native, path, CONSTANTS.PP_OPEN_WRITE | CONSTANTS.PP_OPEN_DIRECT, options.busyRetryMs),
  );
  try {
    const identity = identityOf(native, fd, path);
    // The kernel opens a read-only device for writing, and fails the writes.
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

/**
 * Opens for reading, not exclusively. All that the caller then reads comes from this one device, also when its name
 * meanwhile leads to another one. Throws as `openDevice` does, never DEVICE_BUSY.
 */
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

/**
 * The identity of the device at `path`, without an exclusive open and without write access. Throws as `lookAt` does.
 */
export function identify(path: string, options: DeviceOptions = {}): DeviceIdentity {
  const device = lookAt(path, options);
  device.close();
  return device.identity;
}

/** A path that leads to the open device itself, also in programs that plugpull starts; valid until `close`. */
export function nameOfOpen(device: OpenDevice): string {
  return `/proc/${process.pid}/fd/${device.fd}`;
}

/**
 * The environment of system programs that plugpull starts (wipefs, nvme, smartctl). They are in sbin folders, which the
 * PATH of a user often lacks. plugpull parses their output, so it must not be in the language of the user.
 */
export function systemEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
}

/**
 * Size and block sizes come from ioctls on the open descriptor, the rest from sysfs of its major:minor.
 * Throws DEVICE_NOT_BLOCK, or DEVICE_IDENTIFY_FAILED when the device has vanished since it was opened.
 */
function identityOf(native: NativeLibrary, fd: number, path: string): DeviceIdentity {
  const { sizeBytes, offsetBytes: at } = STRUCTS.pp_identity;
  const raw = Buffer.alloc(sizeBytes);
  const result = native.pp_identify(fd, raw);
  if (result < 0) {
    throw new DeviceError(
      'DEVICE_IDENTIFY_FAILED',
      `${path} was opened, but the kernel cannot read its size (${errnoName(result)}). Is it powered and attached?`,
      { path, errno: -result },
    );
  }
  if (raw.readUInt32LE(at.is_block_device) === 0) {
    throw new DeviceError('DEVICE_NOT_BLOCK', `${path} is not a block device. Name one below /dev/disk/by-id.`, {
      path,
    });
  }
  const majorMinor = `${raw.readUInt32LE(at.major)}:${raw.readUInt32LE(at.minor)}`;
  const facts = readSysfs(majorMinor);
  if (facts === null) {
    throw new DeviceError(
      'DEVICE_IDENTIFY_FAILED',
      `${path} (${majorMinor}) is not in /sys/dev/block. It vanished, or /sys is not mounted.`,
      { path, majorMinor },
    );
  }
  const sequence = Number(raw.readBigUInt64LE(at.disk_sequence));
  return {
    path,
    kernelName: facts.kernelName,
    majorMinor,
    sizeBytes: Number(raw.readBigUInt64LE(at.size_bytes)),
    logicalBlockBytes: raw.readUInt32LE(at.logical_block_bytes),
    physicalBlockBytes: raw.readUInt32LE(at.physical_block_bytes),
    writeCache: facts.writeCache,
    readOnly: raw.readUInt32LE(at.read_only) !== 0,
    rotational: facts.rotational,
    model: facts.model,
    serial: facts.serial,
    wwn: facts.wwn,
    backingFile: facts.backingFile,
    diskSequence: sequence === 0 ? null : sequence,
  };
}

class NativeDevice implements OpenDevice {
  readonly #native: NativeLibrary;
  readonly #identity: DeviceIdentity;
  /** null once closed: the kernel gives the number of a closed descriptor to the next file. */
  #fd: number | null;

  constructor(native: NativeLibrary, fd: number, identity: DeviceIdentity) {
    this.#native = native;
    this.#fd = fd;
    this.#identity = identity;
  }

  get closed(): boolean {
    return this.#fd === null;
  }

  /** Readable after close: error messages need it. */
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
const NO_DEVICE: Refusal = {
  code: 'DEVICE_MISSING',
  says: 'has a node but no device behind it. Is it attached and powered?',
};
const NOT_PERMITTED: Refusal = {
  code: 'DEVICE_PERMISSION',
  says: 'may not be opened by this user. Run as root, or give the user the disk.',
};
const REFUSALS = new Map<number, Refusal>([
  [os.errno.ENOENT, { code: 'DEVICE_MISSING', says: 'does not exist. Is it attached and powered?' }],
  [os.errno.ENXIO, NO_DEVICE],
  [os.errno.ENODEV, NO_DEVICE],
  [
    os.errno.EBUSY,
    { code: 'DEVICE_BUSY', says: 'is in use (mounted, swap, md, dm, another bench): lsblk shows by what.' },
  ],
  [os.errno.EACCES, NOT_PERMITTED],
  [os.errno.EPERM, NOT_PERMITTED],
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
