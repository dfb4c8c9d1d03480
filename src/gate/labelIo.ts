/** Reads and writes the label with O_DIRECT, past the page cache. */
import { constants as flags, fdatasyncSync, readSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { alignedMemory } from '../blockdev/ioRing.js';
import { majorMinorOf } from '../blockdev/blockTree.js';
import { DeviceError } from '../blockdev/errors.js';
import {
  decodeLabel,
  encodeLabel,
  otherDisk,
  type DiskLabel,
  type LabelRead,
  LABEL_BLOCK_BYTES,
  labelOffset,
  needsEnrolment,
} from './label.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { DeviceIdentity, OpenDevice } from '../blockdev/blockDevice.js';
import { sectorTools } from '../blockdev/sectorTools.js';

/**
 * The asynchronous read of the safety gate: a read of a device without power may block. Rejects with
 * DEVICE_IDENTIFY_FAILED if the name leads to another device than `identity`, or with the system's error of the open or
 * the read.
 */
export async function readLabel(
  identity: DeviceIdentity,
  name: string = identity.path,
  ffi?: FfiName,
): Promise<LabelRead> {
  const offset = labelOffset(identity.sizeBytes);
  if (offset <= 0) return { kind: 'none' };
  const file = await open(name, flags.O_RDONLY | flags.O_DIRECT | flags.O_NONBLOCK);
  try {
    await requireSame(file, identity);
    const memory = alignedMemory(LABEL_BLOCK_BYTES, ffi);
    try {
      const { bytesRead } = await file.read(memory.buffer, 0, LABEL_BLOCK_BYTES, offset);
      return bytesRead < LABEL_BLOCK_BYTES ? { kind: 'none' } : decodeLabel(memory.buffer, sectorTools(ffi).crc32c);
    } finally {
      memory.close();
    }
  } finally {
    await file.close();
  }
}

async function requireSame(file: FileHandle, { path, majorMinor }: DeviceIdentity): Promise<void> {
  const now = majorMinorOf((await file.stat()).rdev);
  if (now === majorMinor) return;
  throw new DeviceError(
    'DEVICE_IDENTIFY_FAILED',
    `${path} was device ${majorMinor} and is ${now} now: its name has moved; run the command again`,
    { path, majorMinor, now },
  );
}

/**
 * A check of the open device before a run writes, independent of the gate: a device that needs enrolment must carry a
 * label that was written for it. Throws `DEVICE_NOT_LABELLED`.
 */
export function requireLabel(device: OpenDevice, ffi?: FfiName): void {
  const { identity } = device;
  if (!needsEnrolment(identity)) return;
  const read = readHeld(device, ffi);
  if (read.kind === 'label' && otherDisk(read.label, read.offsetBytes, identity) === null) return;
  throw new DeviceError(
    'DEVICE_NOT_LABELLED',
    `${identity.path} (${identity.kernelName}) carries no label written for it, so it is not overwritten; enrol it: plugpull enrol RIG${read.kind === 'none' ? '' : ' --relabel'}`,
    { path: identity.path, label: read.kind },
  );
}

/** Throws DEVICE_IDENTIFY_FAILED if the label cannot be read. */
export function readHeld(device: OpenDevice, ffi?: FfiName): LabelRead {
  const offset = labelOffset(device.identity.sizeBytes);
  if (offset <= 0) return { kind: 'none' };
  const memory = alignedMemory(LABEL_BLOCK_BYTES, ffi);
  try {
    const length = readSync(device.fd, memory.buffer, 0, LABEL_BLOCK_BYTES, offset);
    return length < LABEL_BLOCK_BYTES ? { kind: 'none' } : decodeLabel(memory.buffer, sectorTools(ffi).crc32c);
  } catch (cause) {
    const { path } = device.identity;
    throw new DeviceError(
      'DEVICE_IDENTIFY_FAILED',
      `the label of ${path} cannot be read: ${textOf(cause)}; check its power and cable`,
      { path },
      cause,
    );
  } finally {
    memory.close();
  }
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Returns when the label is durable and reads back equal. Throws DEVICE_LABEL_FAILED; the label may then be half
 * written.
 */
export function writeLabel(device: OpenDevice, label: DiskLabel, ffi?: FfiName): void {
  const { identity } = device;
  const memory = alignedMemory(2 * LABEL_BLOCK_BYTES, ffi);
  try {
    const wanted = memory.buffer.subarray(0, LABEL_BLOCK_BYTES);
    encodeLabel(label, sectorTools(ffi).crc32c).copy(wanted);
    const offset = labelOffset(identity.sizeBytes);
    const written = writeSync(device.fd, wanted, 0, LABEL_BLOCK_BYTES, offset);
    fdatasyncSync(device.fd);
    const found = memory.buffer.subarray(LABEL_BLOCK_BYTES);
    const read = readSync(device.fd, found, 0, LABEL_BLOCK_BYTES, offset);
    if (written < LABEL_BLOCK_BYTES || read < LABEL_BLOCK_BYTES || !found.equals(wanted))
      throw new Error('it reads back different from what was written');
  } catch (cause) {
    throw new DeviceError(
      'DEVICE_LABEL_FAILED',
      `the label of ${identity.path} could not be written: ${textOf(cause)}; enrol the disk again, or use another disk`,
      { path: identity.path },
      cause,
    );
  } finally {
    memory.close();
  }
}
