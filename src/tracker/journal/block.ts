/**
 * The header that every block of the journal carries, little-endian:
 *
 *    0  u32  magic "PPJ1"
 *    4  u32  CRC32C of bytes 8 … 511
 *    8  u16  version      10  u16  kind
 *   12  u32  format epoch: each format changes it, so that blocks of an earlier journal do not count
 *   16  16B  rig UUID
 *   32  u64  sequence: log block number; generation of a page or superblock
 *   40  u64  the block's own byte offset on the journal device
 */
import { crc32c } from '../../base/crc32c.js';
import { BLOCK_BYTES, HEADER_BYTES } from './layout.js';

export const JOURNAL_MAGIC = 0x314a5050;
export const JOURNAL_VERSION = 1;

export const BLOCK_KIND = { superblock: 1, log: 2, page: 3 } as const;
export type BlockKind = (typeof BLOCK_KIND)[keyof typeof BLOCK_KIND];

/** Every block of the journal carries it; a block with another identity is invalid. */
export interface JournalIdentity {
  /** 16 bytes. */
  rigUuid: Uint8Array;
  formatEpoch: number;
}

export interface BlockHeader {
  kind: BlockKind;
  sequence: number;
  offsetBytes: number;
}

export type BlockProblem =
  /** Magic or CRC is wrong: torn inside the sector, corrupt, or no block of a journal. */
  | 'corrupt'
  | 'other-version'
  | 'other-rig'
  /** Of this rig, but of an earlier format. */
  | 'other-format'
  /** Its header names another byte offset. */
  | 'misplaced'
  | 'other-kind';

export type DecodedBlock = { ok: true; sequence: number } | { ok: false; problem: BlockProblem };

const MAX_LOW = 2 ** 32;

export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % MAX_LOW, true);
  view.setUint32(at + 4, Math.floor(value / MAX_LOW), true);
}

export function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * MAX_LOW;
}

/** Recovery reads every block of the journal: it reads the bytes as they are, because a view for each costs more. */
export function u32At(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

export function u16At(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

export function u64At(bytes: Uint8Array, at: number): number {
  return u32At(bytes, at) + u32At(bytes, at + 4) * MAX_LOW;
}

export function viewOf(bytes: Uint8Array, offset = 0): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + offset, BLOCK_BYTES);
}

/** Writes the CRC of each block of `bytes[at … at + lengthBytes)`; all else is in place already. */
export type SealBlocks = (bytes: Uint8Array, at: number, lengthBytes: number) => void;

/** In TypeScript. The replication engine seals with `SectorTools`, which takes a tenth of the time. */
export function sealBlocks(bytes: Uint8Array, at: number, lengthBytes: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, lengthBytes);
  for (let b = 0; b < lengthBytes; b += BLOCK_BYTES)
    view.setUint32(b + 4, crc32c(bytes, at + b + 8, at + b + BLOCK_BYTES), true);
}

/** Writes header and CRC; the payload is in place already. */
export function sealBlock(bytes: Uint8Array, at: number, header: BlockHeader, identity: JournalIdentity): void {
  writeHeader(viewOf(bytes, at), 0, header.kind, header.sequence, header.offsetBytes, identity);
  sealBlocks(bytes, at, BLOCK_BYTES);
}

/** Writes the header without CRC at `at` of the view. */
export function writeHeader(
  view: DataView,
  at: number,
  kind: BlockKind,
  sequence: number,
  offsetBytes: number,
  { formatEpoch, rigUuid }: JournalIdentity,
): void {
  view.setUint32(at, JOURNAL_MAGIC, true);
  view.setUint16(at + 8, JOURNAL_VERSION, true);
  view.setUint16(at + 10, kind, true);
  view.setUint32(at + 12, formatEpoch, true);
  for (let i = 0; i < 16; i++) view.setUint8(at + 16 + i, rigUuid[i]);
  writeU64(view, at + 32, sequence);
  writeU64(view, at + 40, offsetBytes);
}

/** Whether the bytes are an intact block of any plugpull journal. */
export function isIntactBlock(bytes: Uint8Array, at: number): boolean {
  return u32At(bytes, at) === JOURNAL_MAGIC && u32At(bytes, at + 4) === crc32c(bytes, at + 8, at + BLOCK_BYTES);
}

/** Checks the block at `at` in `bytes`, which was read from `offsetBytes` of the device. */
export function openBlock(
  bytes: Uint8Array,
  at: number,
  kind: BlockKind,
  offsetBytes: number,
  identity: JournalIdentity,
): DecodedBlock {
  if (!isIntactBlock(bytes, at)) return { ok: false, problem: 'corrupt' };
  if (u16At(bytes, at + 8) !== JOURNAL_VERSION) return { ok: false, problem: 'other-version' };
  for (let i = 0; i < 16; i++) {
    if (bytes[at + 16 + i] !== identity.rigUuid[i]) return { ok: false, problem: 'other-rig' };
  }
  if (u32At(bytes, at + 12) !== identity.formatEpoch) return { ok: false, problem: 'other-format' };
  if (u16At(bytes, at + 10) !== kind) return { ok: false, problem: 'other-kind' };
  if (u64At(bytes, at + 40) !== offsetBytes) return { ok: false, problem: 'misplaced' };
  return { ok: true, sequence: u64At(bytes, at + 32) };
}

/** A view of a block's payload. */
export function payloadOf(bytes: Uint8Array, at: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at + HEADER_BYTES, BLOCK_BYTES - HEADER_BYTES);
}
