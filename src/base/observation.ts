/** What a scan says of each 512-byte sector: six doubles, in this order, written by C (`pp_scan`). */
export const OBSERVATION_FIELD = {
  strideDoubles: 6,
  kind: 0,
  runId: 1,
  updateId: 2,
  lba: 3,
  transactionId: 4,
  sectorIndex: 5,
} as const;

/**
 * `kind` of an observation. For `valid` the other fields are what the header says; for `corrupt` they are as found and may be
 * wrong; for the others they mean nothing.
 */
export const OBSERVED = {
  /** Magic and CRC are right. */
  valid: 0,
  /** All 512 bytes are zero. */
  zero: 1,
  /** No magic. */
  foreign: 2,
  /** Magic is right, CRC is not. */
  corrupt: 3,
} as const;
export type ObservedKind = (typeof OBSERVED)[keyof typeof OBSERVED];

/** The unit of an LBA and of a stamp, whatever the device's logical block is. */
export const SECTOR_BYTES = 512;
/** The unit of the write history: every write is aligned to it and a multiple of it. */
export const BLOCK_BYTES = 4096;
export const SECTORS_PER_BLOCK = BLOCK_BYTES / SECTOR_BYTES;

/**
 * Written into an observation's `kind` by whoever read, for sectors the device refused to read (EIO). Not a number of
 * the scan: there was nothing to scan.
 */
export const OBSERVED_UNREADABLE = 4;
