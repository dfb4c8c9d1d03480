/** Bits that tell where an update, a copy or a transaction stands. */

/** Bits of `Slots.flags`. Per area: P has the named bit, S the next one. */
export const SUBMITTED = 1 << 0;
export const ENDED = 1 << 2;
export const DURABLE = 1 << 4;
/** Completed, and waiting in the area's power epoch for a flush. */
export const IN_EPOCH = 1 << 6;
/** Not submitted yet. */
export const WAITING = 1 << 8;
/** Its evidence is a log block / an indicator page that is not durable yet. */
export const NEEDS_LOG = 1 << 9;
export const NEEDS_MARK = 1 << 10;
/** Will not be acknowledged (R9); its regions are marked, or about to be. */
export const GIVEN_UP = 1 << 11;
/** Out of `U[r]`: acknowledged, or given up with its marks durable. */
export const SETTLED = 1 << 12;
export const ANSWERED = 1 << 13;
/** It is not written to S. */
export const PRIMARY_ONLY = 1 << 14;
/** A resync copy, not an update. */
export const COPY = 1 << 15;
/** A copy whose result must not clear its region. */
export const CANCELLED = 1 << 16;
/** Its regions' marks are not durable yet (with the journal gone: never). */
export const MARKING = 1 << 17;
/** An area has to answer before its deadline. */
export const TIMED = 1 << 18;
/** A copy whose read from P has been answered: S has to answer now. */
export const COPY_ON_SECONDARY = 1 << 19;
export const BOTH = 3;

/** Bits of `Transactions.state`: the application has closed it; its begin record is in the log. */
export const CLOSED = 1;
export const BEGUN = 2;

/** `copySlot`: the copy is durable and the bit waits to be cleared (R10). */
export const CLEARING = -2;
