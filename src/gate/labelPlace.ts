/**
 * Who carries a label, and where: the last whole 4 KiB of a device that needs enrolment. What lies before it is what an
 * area or a journal may use, and this file alone says so: preparing, judging, comparing, the journal's layout and the
 * plan all ask `usableBytes`.
 *
 *   0 ───────────── usable ───────────── label offset ── 4 KiB ── (a rest below 4 KiB) ── end
 *
 * Whole 4 KiB, so that disks of 4096-byte sectors write it alone, and 512e disks without reading first.
 */
import type { DeviceIdentity } from '../blockdev/blockDevice.js';

export const LABEL_BLOCK_BYTES = 4096;

type Sized = Pick<DeviceIdentity, 'sizeBytes' | 'backingFile'>;

/** Every device does but a loop device: that is named by its file, which the safety gate compares; the lab's are such. */
export function needsEnrolment(device: Pick<DeviceIdentity, 'backingFile'>): boolean {
  return device.backingFile === null;
}

/** Byte offset of the label; negative on a device too small for one. */
export function labelOffset(sizeBytes: number): number {
  return (Math.floor(sizeBytes / LABEL_BLOCK_BYTES) - 1) * LABEL_BLOCK_BYTES;
}

/** The bytes, from the start, that a run may write to. */
export function usableBytes(device: Sized): number {
  return needsEnrolment(device) ? Math.max(0, labelOffset(device.sizeBytes)) : device.sizeBytes;
}
