/** The identity of an open descriptor: size and block sizes from ioctls on it, the rest from sysfs of its major:minor. */
import { DeviceError, errnoName } from './errors.js';
import type { NativeLibrary } from './ffi/native.js';
import type { DeviceIdentity } from './blockDevice.js';
import { STRUCTS } from './ffi/signatures.js';
import { readSysfs } from './sysfs.js';

/** Throws DEVICE_NOT_BLOCK, or DEVICE_IDENTIFY_FAILED (vanished between open and here). */
export function identityOf(native: NativeLibrary, fd: number, path: string): DeviceIdentity {
  const { sizeBytes, offsetBytes: at } = STRUCTS.pp_identity;
  const raw = Buffer.alloc(sizeBytes);
  const result = native.pp_identify(fd, raw);
  if (result < 0) {
    throw new DeviceError(
      'DEVICE_IDENTIFY_FAILED',
      `${path} was opened but does not tell its size (${errnoName(result)}). Is it powered and attached?`,
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
