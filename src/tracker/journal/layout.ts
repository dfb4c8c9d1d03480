/**
 * The layout of the journal device. It consists of 512-byte blocks that each carry a CRC. They are written in units of
 * 4096 bytes, so that a device with 4 KiB sectors can hold a journal.
 *
 *   0        superblock A      (one unit, its first block used)
 *   1 unit   superblock B
 *   2 units  log ring, copy A  (ringBlocks blocks)
 *            log ring, copy B
 *            indicator area, copy A   (one unit per group of regions)
 *            indicator area, copy B
 *
 * There are two copies of everything: when one copy of a block is lost, torn or corrupt, the other one counts
 * (recovery.ts).
 */

import { OPENING_UNITS } from '../core/config.js';

export const BLOCK_BYTES = 512;
export const UNIT_BYTES = 4096;
export const BLOCKS_PER_UNIT = UNIT_BYTES / BLOCK_BYTES;
export const HEADER_BYTES = 48;
export const PAYLOAD_BYTES = BLOCK_BYTES - HEADER_BYTES;

/** Log block: three numbers, then records of 16 bytes. */
export const LOG_HEADER_BYTES = 24;
export const RECORD_BYTES = 16;
export const RECORDS_PER_BLOCK = Math.floor((PAYLOAD_BYTES - LOG_HEADER_BYTES) / RECORD_BYTES);

/** Indicator block: first region (8 bytes), then one bit per region. */
export const PAGE_HEADER_BYTES = 8;
export const REGIONS_PER_BLOCK = (PAYLOAD_BYTES - PAGE_HEADER_BYTES) * 8;
/** Regions whose indicators are on one page, which is one unit. */
export const REGIONS_PER_GROUP = REGIONS_PER_BLOCK * BLOCKS_PER_UNIT;

/** Both copies of the smallest ring: the core needs six units of each. */
export const LOG_BYTES_MIN = 64 * 1024;
export const LOG_BYTES_MAX = 1024 * 1024 * 1024;

/** The most commits of the log in flight. */
export const COMMITS_IN_FLIGHT = 4;
/** Units of the largest commit in a large ring. */
const UNITS_PER_COMMIT_MAX = 16;

/** Units of the largest commit in a ring of `ringBlocks`: eight such commits fit. */
export function unitsPerCommit(ringBlocks: number): number {
  return Math.max(1, Math.min(UNITS_PER_COMMIT_MAX, Math.floor(ringBlocks / BLOCKS_PER_UNIT / 8)));
}

/** How many blocks after the last durable one may be in flight, with recovery's opening commits and their alignment. */
export function inFlightBlocksMax(ringBlocks: number): number {
  return (COMMITS_IN_FLIGHT * unitsPerCommit(ringBlocks) + OPENING_UNITS + 1) * BLOCKS_PER_UNIT;
}

export interface JournalLayout {
  /** Blocks of one copy of the ring. */
  ringBlocks: number;
  /** Byte offset of each copy of the ring. */
  logOffset: readonly [number, number];
  groupCount: number;
  /** Byte offset of each copy of the indicator area. */
  pagesOffset: readonly [number, number];
  superblockOffset: readonly [number, number];
  totalBytes: number;
}

/** @param logBytes both copies together; a multiple of 8192. */
export function journalLayout(logBytes: number, regionCount: number): JournalLayout {
  const rule = `must be a multiple of ${2 * UNIT_BYTES} from ${LOG_BYTES_MIN} to ${LOG_BYTES_MAX}`;
  if (
    !Number.isSafeInteger(logBytes) ||
    logBytes % (2 * UNIT_BYTES) !== 0 ||
    logBytes < LOG_BYTES_MIN ||
    logBytes > LOG_BYTES_MAX
  ) {
    throw new RangeError(`logBytes ${logBytes}: ${rule}`);
  }
  const copyBytes = logBytes / 2;
  const groupCount = Math.ceil(regionCount / REGIONS_PER_GROUP);
  const log = 2 * UNIT_BYTES;
  const pages = log + logBytes;
  return {
    ringBlocks: copyBytes / BLOCK_BYTES,
    superblockOffset: [0, UNIT_BYTES],
    logOffset: [log, log + copyBytes],
    groupCount,
    pagesOffset: [pages, pages + groupCount * UNIT_BYTES],
    totalBytes: pages + 2 * groupCount * UNIT_BYTES,
  };
}

/** The smallest size of the journal device, in bytes. */
export function requiredJournalBytes(logBytes: number, regionCount: number): number {
  return journalLayout(logBytes, regionCount).totalBytes;
}

/** Byte offset of block `sequence` in a copy of the ring. */
export function logBlockOffset(layout: JournalLayout, copy: 0 | 1, sequence: number): number {
  return layout.logOffset[copy] + (sequence % layout.ringBlocks) * BLOCK_BYTES;
}

/** Byte offset of a group's unit in a copy of the indicator area. */
export function pageOffset(layout: JournalLayout, copy: 0 | 1, group: number): number {
  return layout.pagesOffset[copy] + group * UNIT_BYTES;
}
