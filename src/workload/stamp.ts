/**
 * The stamp of a sector: each 512-byte sector that the bench writes names its run, its update and its LBA. This is the
 * reference implementation; the fast one is in C, and a test compares both byte for byte. All numbers are
 * little-endian.
 *
 *    0        4        8                16               24               32               40      44      48        511
 *    +--------+--------+----------------+----------------+----------------+----------------+-------+-------+-- ... ----+
 *    | magic  | crc32c |     runId      |      lba       |    updateId    | transactionId  | index | count |   body    |
 *    | "PPS1" | 8…511  |      u64       |  u64, 512 B    |      u64       |      u64       |  u32  |  u32  | 58 x u64  |
 *    +--------+--------+----------------+----------------+----------------+----------------+-------+-------+-- ... ----+
 *
 * `index` is the sector's position in its write, `count` the number of sectors of that write. The body is splitmix64
 * with the seed runId + updateId * 0x9E3779B97F4A7C15 + lba * 0xBF58476D1CE4E5B9 (mod 2^64). It does not compress, it
 * differs between any two versions of a sector, and it can be computed from the header, which shows *how* a sector is
 * wrong.
 */
import { crc32c } from '../base/crc32c.js';
import { OBSERVED, SECTOR_BYTES, type ObservedKind } from '../base/observation.js';

/** "PPS1" read as a little-endian uint32. */
const STAMP_MAGIC = 0x31535050;
export const STAMP_OFFSET = {
  magic: 0,
  crc: 4,
  runId: 8,
  lba: 16,
  updateId: 24,
  transactionId: 32,
  sectorIndex: 40,
  sectorCount: 44,
  body: 48,
} as const;
const BODY_WORDS = (SECTOR_BYTES - STAMP_OFFSET.body) / 8;

const MASK_64 = (1n << 64n) - 1n;
const GAMMA = 0x9e3779b97f4a7c15n;
const MIX_A = 0xbf58476d1ce4e5b9n;
const MIX_B = 0x94d049bb133111ebn;

/** What identifies one version of one sector; all 0 … 2^53-1. */
export interface SectorVersion {
  runId: number;
  updateId: number;
  lba: number;
}

/** All fields of the header. `sectorIndex` and `sectorCount` are uint32. */
export interface SectorStamp extends SectorVersion {
  transactionId: number;
  sectorIndex: number;
  sectorCount: number;
}

export interface ParsedSector {
  kind: ObservedKind;
  /** As found; correct only when `kind` is valid. u64 values above 2^53 lose their low bits. */
  stamp: SectorStamp;
}

function view(bytes: Uint8Array, offset: number): DataView {
  if (offset < 0 || offset + SECTOR_BYTES > bytes.length) {
    throw new RangeError(`sector at offset ${offset}: must lie within the buffer of ${bytes.length} bytes`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset + offset, SECTOR_BYTES);
}

function writeBody(out: DataView, version: SectorVersion): void {
  let state = (BigInt(version.runId) + BigInt(version.updateId) * GAMMA + BigInt(version.lba) * MIX_A) & MASK_64;
  for (let word = 0; word < BODY_WORDS; word++) {
    state = (state + GAMMA) & MASK_64;
    let z = state;
    z = ((z ^ (z >> 30n)) * MIX_A) & MASK_64;
    z = ((z ^ (z >> 27n)) * MIX_B) & MASK_64;
    out.setBigUint64(STAMP_OFFSET.body + word * 8, z ^ (z >> 31n), true);
  }
}

/** Writes one stamped sector at `bytes[offset … offset+512)`. */
export function stampSector(bytes: Uint8Array, offset: number, stamp: SectorStamp): void {
  const out = view(bytes, offset);
  out.setUint32(STAMP_OFFSET.magic, STAMP_MAGIC, true);
  out.setBigUint64(STAMP_OFFSET.runId, BigInt(stamp.runId), true);
  out.setBigUint64(STAMP_OFFSET.lba, BigInt(stamp.lba), true);
  out.setBigUint64(STAMP_OFFSET.updateId, BigInt(stamp.updateId), true);
  out.setBigUint64(STAMP_OFFSET.transactionId, BigInt(stamp.transactionId), true);
  out.setUint32(STAMP_OFFSET.sectorIndex, stamp.sectorIndex, true);
  out.setUint32(STAMP_OFFSET.sectorCount, stamp.sectorCount, true);
  writeBody(out, stamp);
  out.setUint32(STAMP_OFFSET.crc, crc32c(bytes, offset + STAMP_OFFSET.runId, offset + SECTOR_BYTES), true);
}

/** The 512 bytes of that version, as the only sector of a write of transaction 0. */
export function sectorOf(version: SectorVersion): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  stampSector(bytes, 0, { ...version, transactionId: 0, sectorIndex: 0, sectorCount: 1 });
  return bytes;
}

function kindOf(bytes: Uint8Array, offset: number, sector: DataView): ObservedKind {
  if (sector.getUint32(STAMP_OFFSET.magic, true) !== STAMP_MAGIC) {
    const allZero = bytes.subarray(offset, offset + SECTOR_BYTES).every((byte) => byte === 0);
    return allZero ? OBSERVED.zero : OBSERVED.foreign;
  }
  const crc = crc32c(bytes, offset + STAMP_OFFSET.runId, offset + SECTOR_BYTES);
  return sector.getUint32(STAMP_OFFSET.crc, true) === crc ? OBSERVED.valid : OBSERVED.corrupt;
}

/** Reads the sector at `bytes[offset … offset+512)`. Any content is accepted. */
export function parseSector(bytes: Uint8Array, offset = 0): ParsedSector {
  const sector = view(bytes, offset);
  return {
    kind: kindOf(bytes, offset, sector),
    stamp: {
      runId: Number(sector.getBigUint64(STAMP_OFFSET.runId, true)),
      lba: Number(sector.getBigUint64(STAMP_OFFSET.lba, true)),
      updateId: Number(sector.getBigUint64(STAMP_OFFSET.updateId, true)),
      transactionId: Number(sector.getBigUint64(STAMP_OFFSET.transactionId, true)),
      sectorIndex: sector.getUint32(STAMP_OFFSET.sectorIndex, true),
      sectorCount: sector.getUint32(STAMP_OFFSET.sectorCount, true),
    },
  };
}
