/**
 * The format of a history file: every event that the judge received, in order, so that a verdict can be made again from
 * the run directory alone. A header, then records of 40 bytes; all numbers are little-endian.
 *
 *   header   0 "PPWHIST1"   8 u32 version   12 u32 base (0 stamped, 1 unknown)   16 f64 runId   24 f64 usableBytes
 *            32 u32 CRC32C of bytes 0…31     36 u32 0
 *   record   0 u8 kind  1 u8 area (0 P, 1 S)  2 u8 ok  3 u8 damaged   4 u32 CRC32C of bytes 0…3 and 8…39
 *            8 f64 a    16 f64 offsetBytes     24 f64 lengthBytes      32 f64 b
 *
 * `a` is the update id, or the token of a flush. In `adopted`, `a` is the durable id, `b` the issued id, and
 * `offsetBytes` that of the block. An incomplete last record (the bench was killed) is cut off and reported as
 * `tornBytes`; any other damage is an error.
 *
 * A run may have several files. Each one after the first begins with a checkpoint (replay.ts) and can be replayed
 * alone.
 */
import type { StorageArea } from '../../base/areas.js';
import { crc32c } from '../../base/crc32c.js';
import { JudgeError } from '../errors.js';
import type { BaseContent } from './feed.js';

export const HISTORY_RECORD_BYTES = 40;
export const HISTORY_HEADER_BYTES = 40;
const MAGIC = 0x3154534948575050n;
/** Version 2 adds checkpoints. Version 1 has none and is still read. */
const VERSION = 2;

/** The kinds of records. The numbers are part of the format and are never changed. */
export const HISTORY_KIND = {
  issued: 1,
  completed: 2,
  durableCompleted: 3,
  flushSubmitted: 4,
  flushCompleted: 5,
  powerLost: 6,
  answered: 7,
  copyIssued: 8,
  copyDurable: 9,
  /** The judge has read the block and the history adopted what it holds. */
  adopted: 10,
  base: 11,
  /** Checkpoint: a run of blocks of an area; a is the durable id, b the issued one. */
  blocks: 12,
  /** Checkpoint: a run of blocks with BLOCK_MARK bits a. */
  marks: 13,
  /** Checkpoint: update a waits for a flush in a run of blocks. */
  pending: 14,
  /** Checkpoint: a is the number of the area's next flush, b the newest update. */
  position: 15,
} as const;
export type HistoryKind = (typeof HISTORY_KIND)[keyof typeof HISTORY_KIND];

export interface HistoryRecord {
  kind: HistoryKind;
  area: StorageArea;
  /** In `completed` and `flushCompleted`: without error. In `base`: the content is unknown. */
  ok: boolean;
  damaged: number;
  a: number;
  offsetBytes: number;
  lengthBytes: number;
  b: number;
}

export interface HistoryHeader {
  runId: number;
  usableBytes: number;
  base: BaseContent;
}

export function encodeHeader(header: HistoryHeader): Uint8Array {
  const bytes = new Uint8Array(HISTORY_HEADER_BYTES);
  const out = new DataView(bytes.buffer);
  out.setBigUint64(0, MAGIC, true);
  out.setUint32(8, VERSION, true);
  out.setUint32(12, header.base === 'unknown' ? 1 : 0, true);
  out.setFloat64(16, header.runId, true);
  out.setFloat64(24, header.usableBytes, true);
  out.setUint32(32, crc32c(bytes, 0, 32), true);
  return bytes;
}

function bad(what: string, offset: number): JudgeError {
  return new JudgeError(
    'HISTORY_LOG_BAD',
    `history file: ${what} at byte ${offset}; the run cannot be judged from it`,
    { offset },
  );
}

function decodeHeader(bytes: Uint8Array): HistoryHeader {
  if (bytes.length < HISTORY_HEADER_BYTES) throw bad(`header is cut off after ${bytes.length} bytes`, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HISTORY_HEADER_BYTES);
  if (view.getBigUint64(0, true) !== MAGIC) throw bad('magic is not PPWHIST1', 0);
  if (view.getUint32(32, true) !== crc32c(bytes, 0, 32)) throw bad('header fails its CRC', 32);
  const version = view.getUint32(8, true);
  if (version < 1 || version > VERSION) throw bad(`version ${version} is not 1 to ${VERSION}`, 8);
  const base = view.getUint32(12, true) === 1 ? 'unknown' : 'stamped';
  return { runId: view.getFloat64(16, true), usableBytes: view.getFloat64(24, true), base };
}

function recordCrc(bytes: Uint8Array, at: number): number {
  return crc32c(bytes, at + 8, at + HISTORY_RECORD_BYTES, crc32c(bytes, at, at + 4));
}

/** Writes one record to `bytes[at…]`; `view` is a view of the same memory. */
export function encodeRecord(bytes: Uint8Array, view: DataView, at: number, record: HistoryRecord): void {
  bytes[at] = record.kind;
  bytes[at + 1] = record.area === 'primary' ? 0 : 1;
  bytes[at + 2] = record.ok ? 1 : 0;
  bytes[at + 3] = record.damaged;
  view.setFloat64(at + 8, record.a, true);
  view.setFloat64(at + 16, record.offsetBytes, true);
  view.setFloat64(at + 24, record.lengthBytes, true);
  view.setFloat64(at + 32, record.b, true);
  view.setUint32(at + 4, recordCrc(bytes, at), true);
}

function decodeRecord(bytes: Uint8Array, view: DataView, at: number): HistoryRecord {
  if (view.getUint32(at + 4, true) !== recordCrc(bytes, at)) throw bad('record fails its CRC', at);
  const kind = bytes[at]!;
  if (kind < HISTORY_KIND.issued || kind > HISTORY_KIND.position) throw bad(`record kind ${kind} is unknown`, at);
  return {
    kind: kind as HistoryKind,
    area: bytes[at + 1] === 0 ? 'primary' : 'secondary',
    ok: bytes[at + 2] === 1,
    damaged: bytes[at + 3]!,
    a: view.getFloat64(at + 8, true),
    offsetBytes: view.getFloat64(at + 16, true),
    lengthBytes: view.getFloat64(at + 24, true),
    b: view.getFloat64(at + 32, true),
  };
}

/** The records of a file. `tornBytes`: bytes of an incomplete record at the end. @throws JudgeError HISTORY_LOG_BAD */
export function decodeHistory(bytes: Uint8Array): {
  header: HistoryHeader;
  records: Iterable<HistoryRecord>;
  tornBytes: number;
} {
  const header = decodeHeader(bytes);
  const body = bytes.length - HISTORY_HEADER_BYTES;
  const tornBytes = body % HISTORY_RECORD_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records = function* (): Iterable<HistoryRecord> {
    for (let at = HISTORY_HEADER_BYTES; at + HISTORY_RECORD_BYTES <= bytes.length; at += HISTORY_RECORD_BYTES) {
      yield decodeRecord(bytes, view, at);
    }
  };
  return { header, records: records(), tornBytes };
}
