/**
 * The label on an enrolled disk, as bytes. Two copies of one sector, the first and the last of the label's 4 KiB, so
 * that a single rotten sector does not disown the disk. Little-endian:
 *
 *    0  8B   magic "PLUGPULL"
 *    8  u32  CRC32C of bytes 12 … 511      12  u32  version
 *   16  16B  rig UUID
 *   32  u64  own byte offset      40  u64  size of the device
 *   48  u64  enrolled at, ms since 1970
 *   56  u32  role: 1 primary, 2 secondary, 3 journal
 *   64  80B  rig name            144  128B  serial      272  128B  WWN      400  80B  model
 *
 * Texts are UTF-8, padded with zeros, cut at their field's end; none is the empty text.
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
  /** ISO 8601, whole milliseconds. */
  enrolledAt: string;
}

export type LabelRead =
  | { kind: 'none' }
  /** Ours by its magic, and in no copy whole. */
  | { kind: 'damaged' }
  /** Whole, and of a format that this program does not know. */
  | { kind: 'other-version'; version: number }
  /** `offsetBytes`: where it says that it lies. */
  | { kind: 'label'; label: DiskLabel; offsetBytes: number };

/** Disks of 4096-byte sectors write it alone, and 512e disks write it without reading first. */
export const LABEL_BLOCK_BYTES = 4096;

const LABEL_VERSION = 1;

const MAGIC = Buffer.from('PLUGPULL', 'latin1');
const COPY_BYTES = 512;
/** The first and the last sector: on a 512-byte disk the two are written, and rot, apart. */
const COPY_OFFSETS = [0, LABEL_BLOCK_BYTES - COPY_BYTES] as const;
const AT = { crc: 8, summed: 12, version: 12, rigUuid: 16, offset: 32, size: 40, enrolledAt: 48, role: 56 } as const;
const TEXTS = {
  rigName: { at: 64, bytes: 80 },
  serial: { at: 144, bytes: 128 },
  wwn: { at: 272, bytes: 128 },
  model: { at: 400, bytes: 80 },
} as const;
/** The number on the disk is the index; 0 is nobody's. */
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

/** The whole block. @throws RangeError for a device without room for it */
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
    // Never half a character.
    copy.write(label[field] ?? '', at, bytes, 'utf8');
  }
  copy.writeUInt32LE(crc32c(copy.subarray(AT.summed)), AT.crc);
}

/** The first whole copy counts. */
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

/** As it is read back: cut where its field ends. */
function fitted(text: string | null, field: keyof typeof TEXTS): string | null {
  const bytes = Buffer.alloc(TEXTS[field].bytes);
  bytes.write(text ?? '', 0, bytes.length, 'utf8');
  return bytes.toString('utf8').replace(/\0+$/, '') || null;
}

/**
 * Null when it was written for this disk, else in words what is another's: a copy of a disk (dd) brings its label along.
 * A WWN or serial that one of the two does not tell is no difference, as long as the other is told and agrees.
 */
export function otherDisk(label: DiskLabel, offsetBytes: number, identity: DeviceIdentity): string | null {
  if (label.sizeBytes !== identity.sizeBytes || offsetBytes !== labelOffset(identity.sizeBytes)) {
    return `a device of ${label.sizeBytes} bytes; this one has ${identity.sizeBytes}`;
  }
  const names = (['wwn', 'serial'] as const).map((field) => ({
    field,
    labelled: label[field],
    told: fitted(identity[field], field),
  }));
  for (const { field, labelled, told } of names) {
    if (labelled !== null && told !== null && labelled !== told) return `${field} ${labelled}; this one says ${told}`;
  }
  if (names.some(({ labelled, told }) => labelled !== null && labelled === told)) return null;
  return `serial ${label.serial ?? 'unknown'}; this one tells ${identity.serial ?? identity.wwn ?? 'nothing'}`;
}

/** (MERGED)
 * Who carries a label, and where: the last whole 4 KiB of a device that needs enrolment. What lies before it is what an
 * area or a journal may use, and this file alone says so: preparing, judging, comparing, the journal's layout and the
 * plan all ask `usableBytes`.
 *
 *   0 ───────────── usable ───────────── label offset ── 4 KiB ── (a rest below 4 KiB) ── end
 *
 * Whole 4 KiB, so that disks of 4096-byte sectors write it alone, and 512e disks without reading first.
 */

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
