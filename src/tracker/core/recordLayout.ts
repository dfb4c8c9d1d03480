/**
 * Where the fields of the core's records lie: words from the record's first one (recordPool.ts).
 *
 * The files that use them take them over into constants of their own: those are compiled into the code as numbers, while
 * an imported one is read, and looked at whether it is there, at each use.
 */

/** Marks the end of a list of indices, and "none" in every index field of the core. */
export const NIL = -1;

/**
 * Words before the first record. Large arrays begin 16 bytes behind a page (the allocator's header), so that records of
 * 32 and 64 bytes would lie across two lines of the cache each; 48 bytes further they do not.
 */
export const FIRST_RECORD = 12;

/** Words of a region. */
export const REGION = 0;
export const REGION_CHAIN = 1;
export const UNACKED = 2;
export const FIRST_NODE = 3;
/** Where the node in the record begins, and its words. */
export const OWN_NODE = 4;
export const NODE_SLOT = 0;
export const NODE_NEXT = 1;
export const NODE_PREV = 2;
export const NODE_HOLDING = 3;
export const REGION_WORDS = 8;

/** Words that only a node outside of its region's record has. */
export const NODE_NEXT_OF_SLOT = 4;
export const NODE_ENTRY = 5;
export const NODE_WORDS = 6;

/** Words of what is held of a region: as long as its record in the table, and named by the same index. */
export const FIRST_HOLDING = 0;
export const LAST_HOLDING = 1;
export const COPY_SLOT = 2;
export const LINGER_NEXT = 3;
export const LINGER_PREV = 4;
/** 0 or NIL. */
export const LINGERS = 5;
/** Two words, aligned for a double. */
export const LINGER_UNTIL = 6;

/** Words of a slot: half a line of the cache. */
export const SLOT_FIRST_NODE = 0;
export const SLOT_TRANSACTION = 1;
export const SLOT_ID = 2;
export const SLOT_LENGTH = 3;
/** Two words, aligned for a double. */
export const SLOT_OFFSET = 4;
export const SLOT_WAIT = 6;
export const SLOT_FLAGS = 7;
export const SLOT_WORDS = 8;

/** Words of a holding. */
export const HOLDING_TRANSACTION = 0;
export const HOLDING_ENTRY = 1;
export const HOLDING_SEQUENCE = 2;
export const HOLDING_UNACKED = 3;
export const HOLDING_NEXT = 4;
export const HOLDING_PREV = 5;
export const HOLDING_LATER = 6;
export const HOLDING_EARLIER = 7;
export const HOLDING_WORDS = 8;

/** Words of a transaction. */
export const TRANSACTION_ID = 0;
export const TRANSACTION_HOLDINGS = 1;
export const TRANSACTION_UNRETIRED = 2;
export const TRANSACTION_STATE = 3;
export const TRANSACTION_WORDS = 4;

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
export const RETIRED = 1 << 12;
export const ANSWERED = 1 << 13;
/** It is not written to S. */
export const PRIMARY_ONLY = 1 << 14;
/** A resync copy, not an update. */
export const COPY = 1 << 15;
/** A copy whose result must not clear its region. */
export const CANCELED = 1 << 16;
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
