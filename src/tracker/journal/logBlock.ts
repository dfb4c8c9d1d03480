/**
 * Log blocks: encoding of the core's commits, and decoding.
 *
 * Payload, little-endian:
 *    0  u64  tail: evidence starts at this block (in all blocks of a commit but the last: the tail before it)
 *    8  u48  durable through: this block and all before it were durable when the commit was made
 *   14  u16  number of records
 *   16  8B   zero
 *   24       records: u8 kind, u8 zero, u16 regions, u32 first region, u64 transaction
 */
import { RECORD_BEGIN, RECORD_COMPLETE, type LogCommit, type RecordKind } from '../core/transactionLog.js';
import {
  BLOCK_KIND,
  sealBlocks,
  u16At,
  u32At,
  u64At,
  viewOf,
  writeHeader,
  writeU64,
  type JournalIdentity,
  type SealBlocks,
} from './block.js';
import {
  BLOCK_BYTES,
  HEADER_BYTES,
  LOG_HEADER_BYTES,
  logBlockOffset,
  RECORD_BYTES,
  RECORDS_PER_BLOCK,
  type JournalLayout,
} from './layout.js';

export interface LogRecord {
  kind: RecordKind;
  transaction: number;
  firstRegion: number;
  regions: number;
}

export interface LogBlock {
  sequence: number;
  tail: number;
  durableThrough: number;
  recordCount: number;
  /** Empty when only the header was requested. */
  records: readonly LogRecord[];
}

const NO_RECORDS: readonly LogRecord[] = [];

const TWO_32 = 2 ** 32;

/**
 * Writes all of a block but its records and its CRC, at `at` of the view. Takes no objects: a commit has eight blocks
 * or more, and a busy journal thousands of commits a second.
 */
function writeLogBlock(
  view: DataView,
  at: number,
  copy: 0 | 1,
  sequence: number,
  tail: number,
  durableThrough: number,
  recordCount: number,
  layout: JournalLayout,
  identity: JournalIdentity,
): void {
  writeHeader(view, at, BLOCK_KIND.log, sequence, logBlockOffset(layout, copy, sequence), identity);
  const p = at + HEADER_BYTES;
  writeU64(view, p, tail);
  view.setUint32(p + 8, durableThrough % TWO_32, true);
  view.setUint16(p + 12, Math.floor(durableThrough / TWO_32), true);
  view.setUint16(p + 14, recordCount, true);
}

/**
 * Encodes a sealed commit for one copy of the ring into the first `commit.blocks` * 512 bytes of `out`. The commit may
 * wrap at the end of the ring: block s is at `logBlockOffset` of s.
 */
export function encodeCommit(
  commit: LogCommit,
  copy: 0 | 1,
  layout: JournalLayout,
  identity: JournalIdentity,
  out: Uint8Array,
  seal: SealBlocks = sealBlocks,
): void {
  const lengthBytes = commit.blocks * BLOCK_BYTES;
  out.fill(0, 0, lengthBytes);
  const view = new DataView(out.buffer, out.byteOffset, lengthBytes);
  for (let b = 0; b < commit.blocks; b++) {
    const at = b * BLOCK_BYTES;
    const first = b * RECORDS_PER_BLOCK;
    const recordCount = Math.max(0, Math.min(RECORDS_PER_BLOCK, commit.recordCount - first));
    for (let i = 0; i < recordCount; i++) {
      const k = first + i;
      putRecord(view, at, i, commit.kind[k], commit.count[k], commit.region[k], commit.transaction[k]);
    }
    const tail = b === commit.blocks - 1 ? commit.tail : commit.tailBefore;
    writeLogBlock(view, at, copy, commit.start + b, tail, commit.durableThrough, recordCount, layout, identity);
  }
  seal(out, 0, lengthBytes);
}

/** Encodes the empty block that formatting writes to each place of the ring. */
export function encodeEmptyLogBlock(
  sequence: number,
  copy: 0 | 1,
  layout: JournalLayout,
  identity: JournalIdentity,
  out: Uint8Array,
  at: number,
): void {
  // All of the first lap is empty and durable: the log begins after it.
  const block = {
    sequence,
    tail: layout.ringBlocks,
    durableThrough: layout.ringBlocks - 1,
    recordCount: 0,
    records: NO_RECORDS,
  };
  encodeLogBlock(block, copy, layout, identity, out, at);
}

/** Encodes a block for one copy of the ring into `out` at `at`. Repair uses it for blocks that the other copy has. */
export function encodeLogBlock(
  block: LogBlock,
  copy: 0 | 1,
  layout: JournalLayout,
  identity: JournalIdentity,
  out: Uint8Array,
  at: number,
): void {
  out.fill(0, at, at + BLOCK_BYTES);
  const view = viewOf(out, at);
  block.records.forEach((r, i) => putRecord(view, 0, i, r.kind, r.regions, r.firstRegion, r.transaction));
  const { sequence, tail, durableThrough, recordCount } = block;
  writeLogBlock(view, 0, copy, sequence, tail, durableThrough, recordCount, layout, identity);
  sealBlocks(out, at, BLOCK_BYTES);
}

/** Writes record `i` of the block at `block` of the view. */
function putRecord(
  view: DataView,
  block: number,
  i: number,
  kind: number,
  regions: number,
  firstRegion: number,
  transaction: number,
): void {
  const at = block + HEADER_BYTES + LOG_HEADER_BYTES + i * RECORD_BYTES;
  view.setUint8(at, kind);
  view.setUint16(at + 2, regions, true);
  view.setUint32(at + 4, firstRegion, true);
  writeU64(view, at + 8, transaction);
}

/** Decodes a block that `openBlock` has accepted; null when its payload is invalid (then it is corrupt). */
export function decodeLogBlock(bytes: Uint8Array, at: number, sequence: number, headerOnly = false): LogBlock | null {
  const p = at + HEADER_BYTES;
  const recordCount = u16At(bytes, p + 14);
  if (recordCount > RECORDS_PER_BLOCK) return null;
  const records: LogRecord[] = [];
  for (let i = 0; i < recordCount; i++) {
    const r = p + LOG_HEADER_BYTES + i * RECORD_BYTES;
    const kind = bytes[r];
    if (kind < RECORD_BEGIN || kind > RECORD_COMPLETE) return null;
    if (headerOnly) continue;
    records.push({
      kind: kind as RecordKind,
      transaction: u64At(bytes, r + 8),
      firstRegion: u32At(bytes, r + 4),
      regions: u16At(bytes, r + 2),
    });
  }
  const durableThrough = u32At(bytes, p + 8) + u16At(bytes, p + 12) * TWO_32;
  return { sequence, tail: u64At(bytes, p), durableThrough, recordCount, records: headerOnly ? NO_RECORDS : records };
}
