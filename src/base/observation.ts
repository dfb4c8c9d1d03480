/**
 * An observation: the result of a scan for one 512-byte sector. Six doubles in this order; C writes them (`pp_scan`).
 */
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
 * `kind` of an observation. With `valid` the other fields are those of the stamp. With `corrupt` they are as found and
 * may be wrong. With the others they have no meaning.
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

/** The unit of an LBA and of a stamp, also on a device with larger logical blocks. */
export const SECTOR_BYTES = 512;
/** The unit of the write history: every write is aligned to it and a multiple of it. */
export const BLOCK_BYTES = 4096;
export const SECTORS_PER_BLOCK = BLOCK_BYTES / SECTOR_BYTES;

/** `kind` of a sector that the device failed to read (EIO). The reader sets it; the scan never does. */
export const OBSERVED_UNREADABLE = 4;

/** Results of a scan by blocks (`pp_scan_blocks`) that are no update. */
export const BLOCK_HOLDS = {
  /** No sector has a stamp of this run: each is zero, without magic, or a valid sector of another run. */
  foreign: -2,
  /** Several updates, or a sector that is corrupt or in the wrong place. */
  mixed: -1,
} as const;
