/** What the log consists of, in numbers. */

export const RECORD_BEGIN = 1;
export const RECORD_WRITE = 2;
export const RECORD_RELEASE = 3;
export const RECORD_COMPLETE = 4;
export type RecordKind = typeof RECORD_BEGIN | typeof RECORD_WRITE | typeof RECORD_RELEASE | typeof RECORD_COMPLETE;

/** Regions that one record can name (a 16-bit field on disk). */
export const MAX_REGIONS_PER_RECORD = 0xffff;

/**
 * Units of the ring that only the first commits after a recovery may use: so that a crash during recovery still finds
 * the old evidence whole.
 */
export const OPENING_UNITS = 2;
