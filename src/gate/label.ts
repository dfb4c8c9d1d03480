/**
 * The label on an enrolled disk: which devices carry one, where it is, and its bytes. It occupies the last aligned 4
 * KiB of the device; an area or a journal may use the bytes before it (`usableBytes`):
 *
 *   0 ───────────── usable ───────────── label offset ── 4 KiB ── (a rest below 4 KiB) ── end
 *
 * The first and the last sector of the 4 KiB hold one copy each, so one corrupt sector does not lose the label. A copy,
 * little-endian:
 *
 *    0  8B   magic "PLUGPULL"
 *    8  u32  CRC32C of bytes 12 … 511      12  u32  version
 *   16  16B  rig UUID
 *   32  u64  own byte offset      40  u64  size of the device
 *   48  u64  enrolled at, ms since 1970
 *   56  u32  role: 1 primary, 2 secondary, 3 journal
 *   64  80B  rig name            144  128B  serial      272  128B  WWN      400  80B  model
 *
 * Texts are UTF-8, padded with zeros and cut at the end of their field. The empty text means that there is none.
 */

import { AREA_NAMES, type AreaName } from '../base/areas.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';

export interface DiskLabel {
  /** With dashes, in lower case. */
  rigUuid: string;
  rigName: string;
  role: AreaName;
  serial: string | null;
  wwn: string | null;
  model: string | null;
  sizeBytes: number;
  /** ISO 8601, to the millisecond. */
  enrolledAt: string;
}

export type LabelRead =
  | { kind: 'none' }
  /** Has the magic, but no copy has a valid CRC. */
  | { kind: 'damaged' }
  /** Has a valid CRC, but a version that this program does not know. */
  | { kind: 'other-version'; version: number }
  /** `offsetBytes`: the offset that the label contains. */
  | { kind: 'label'; label: DiskLabel; offsetBytes: number };

/** Disks of 4096-byte sectors write it alone, and 512e disks write it without reading first. */
export const LABEL_BLOCK_BYTES = 4096;

const LABEL_VERSION = 1;

const MAGIC = Buffer.from('PLUGPULL', 'latin1');
const COPY_BYTES = 512;
/** The first and the last sector: on a disk of 512-byte sectors, they fail independently. */
const COPY_OFFSETS = [0, LABEL_BLOCK_BYTES - COPY_BYTES] as const;
const AT = { crc: 8, summed: 12, version: 12, rigUuid: 16, offset: 32, size: 40, enrolledAt: 48, role: 56 } as const;
const TEXTS = {
  rigName: { at: 64, bytes: 80 },
  serial: { at: 144, bytes: 128 },
  wwn: { at: 272, bytes: 128 },
  model: { at: 400, bytes: 80 },
} as const;
/** The number on the disk is the index; 0 is not used. */
const ROLES: readonly (AreaName | null)[] = [null, ...AREA_NAMES];

type Crc32c = (bytes: Uint8Array) => number;

export function labelOf(
  identity: DeviceIdentity,
  rig: { uuid: string; name: string },
  role: AreaName,
  enrolledAt: string,
): DiskLabel {
  const { serial, wwn, model, sizeBytes } = identity;
  return { rigUuid: rig.uuid, rigName: rig.name, role, serial, wwn, model, sizeBytes, enrolledAt };
}

/** The entire block of 4 KiB. Throws RangeError for a device without room for it. */
export function encodeLabel(label: DiskLabel, crc32c: Crc32c): Buffer {
  const offset = labelOffset(label.sizeBytes);
  if (offset <= 0)
    throw new RangeError(
      `a device of ${label.sizeBytes} bytes has no room for a label; it needs ${2 * LABEL_BLOCK_BYTES}`,
    );
  const block = Buffer.alloc(LABEL_BLOCK_BYTES);
  for (const at of COPY_OFFSETS) writeCopy(block.subarray(at, at + COPY_BYTES), label, offset + at, crc32c);
  return block;
}

function writeCopy(copy: Buffer, label: DiskLabel, offset: number, crc32c: Crc32c): void {
  MAGIC.copy(copy);
  copy.writeUInt32LE(LABEL_VERSION, AT.version);
  copy.write(label.rigUuid.replaceAll('-', ''), AT.rigUuid, 'hex');
  copy.writeBigUInt64LE(BigInt(offset), AT.offset);
  copy.writeBigUInt64LE(BigInt(label.sizeBytes), AT.size);
  copy.writeBigUInt64LE(BigInt(Date.parse(label.enrolledAt)), AT.enrolledAt);
  copy.writeUInt32LE(ROLES.indexOf(label.role), AT.role);
  for (const field of Object.keys(TEXTS) as (keyof typeof TEXTS)[]) {
    const { at, bytes } = TEXTS[field];
    // `write` never writes part of a character.
    copy.write(label[field] ?? '', at, bytes, 'utf8');
  }
  copy.writeUInt32LE(crc32c(copy.subarray(AT.summed)), AT.crc);
}

/** Returns the first valid copy. */
export function decodeLabel(block: Buffer, crc32c: Crc32c): LabelRead {
  const copies = COPY_OFFSETS.map((at) => readCopy(block.subarray(at, at + COPY_BYTES), at, crc32c));
  for (const kind of ['label', 'other-version', 'damaged'] as const) {
    const found = copies.find((copy) => copy.kind === kind);
    if (found !== undefined) return found;
  }
  return { kind: 'none' };
}

function readCopy(copy: Buffer, at: number, crc32c: Crc32c): LabelRead {
  if (!copy.subarray(0, MAGIC.length).equals(MAGIC)) return { kind: 'none' };
  if (crc32c(copy.subarray(AT.summed)) !== copy.readUInt32LE(AT.crc)) return { kind: 'damaged' };
  const version = copy.readUInt32LE(AT.version);
  if (version !== LABEL_VERSION) return { kind: 'other-version', version };
  const role = ROLES[copy.readUInt32LE(AT.role)] ?? null;
  const enrolledAt = new Date(Number(copy.readBigUInt64LE(AT.enrolledAt)));
  if (role === null || Number.isNaN(enrolledAt.getTime())) return { kind: 'damaged' };
  const hex = copy.toString('hex', AT.rigUuid, AT.rigUuid + 16);
  const label: DiskLabel = {
    rigUuid: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
    rigName: textIn(copy, 'rigName') ?? '',
    role,
    serial: textIn(copy, 'serial'),
    wwn: textIn(copy, 'wwn'),
    model: textIn(copy, 'model'),
    sizeBytes: Number(copy.readBigUInt64LE(AT.size)),
    enrolledAt: enrolledAt.toISOString(),
  };
  return { kind: 'label', label, offsetBytes: Number(copy.readBigUInt64LE(AT.offset)) - at };
}

function textIn(copy: Buffer, field: keyof typeof TEXTS): string | null {
  const { at, bytes } = TEXTS[field];
  const text = copy.toString('utf8', at, at + bytes).replace(/\0+$/, '');
  return text === '' ? null : text;
}

/** The text as the label holds it: cut at the end of its field. */
function fitted(text: string | null, field: keyof typeof TEXTS): string | null {
  const bytes = Buffer.alloc(TEXTS[field].bytes);
  bytes.write(text ?? '', 0, bytes.length, 'utf8');
  return bytes.toString('utf8').replace(/\0+$/, '') || null;
}

/**
 * Null if the label was written for this disk; else the difference as text: a copy of a disk (dd) contains its label. A
 * WWN or serial that is missing on one side is no difference, as long as the other one is present and equal.
 */
export function otherDisk(label: DiskLabel, offsetBytes: number, identity: DeviceIdentity): string | null {
  if (label.sizeBytes !== identity.sizeBytes || offsetBytes !== labelOffset(identity.sizeBytes)) {
    return `a device of ${label.sizeBytes} bytes; this one has ${identity.sizeBytes}`;
  }
  const names = (['wwn', 'serial'] as const).map((field) => ({
    field,
    onLabel: label[field],
    onDisk: fitted(identity[field], field),
  }));
  for (const { field, onLabel, onDisk } of names) {
    if (onLabel !== null && onDisk !== null && onLabel !== onDisk) return `${field} ${onLabel}; this one has ${onDisk}`;
  }
  if (names.some(({ onLabel, onDisk }) => onLabel !== null && onLabel === onDisk)) return null;
  return `serial ${label.serial ?? 'unknown'}; this one reports ${identity.serial ?? identity.wwn ?? 'none'}`;
}

type Sized = Pick<DeviceIdentity, 'sizeBytes' | 'backingFile'>;

/** Every device except a loop device, whose backing file the gate compares. The lab's disks are loop devices. */
export function needsEnrolment(device: Pick<DeviceIdentity, 'backingFile'>): boolean {
  return device.backingFile === null;
}

/** Byte offset of the label; negative if the device is too small. */
export function labelOffset(sizeBytes: number): number {
  return (Math.floor(sizeBytes / LABEL_BLOCK_BYTES) - 1) * LABEL_BLOCK_BYTES;
}

/**
 * The number of bytes from offset 0 that a run may write. All code that sizes an area or a journal uses this function.
 */
export function usableBytes(device: Sized): number {
  return needsEnrolment(device) ? Math.max(0, labelOffset(device.sizeBytes)) : device.sizeBytes;
}
