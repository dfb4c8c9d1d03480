/**
 * Layout of the core's records: which 32-bit word holds which field, and the bits of the flag words. A record is named
 * by the index of its first word (recordPool.ts), so field `SLOT_FLAGS` of slot `s` is `slots.memory[s + SLOT_FLAGS]`.
 *
 * Each file that uses these constants copies them into constants of its own. V8 compiles those as numbers, but reads an
 * imported binding, and checks that it is initialized, at each use.
 */

/** "None" in every index field of the core, and the end of a list of indices. */
export const NIL = -1;

/**
 * Words before the first record. The allocator's header puts a large array 16 bytes behind the start of a page. Records
 * of
 * 32 and 64 bytes would cross cache lines there; 48 bytes further on they do not.
 */
export const FIRST_RECORD = 12;

/** Words of a region's entry (regionTable.ts). The region number is unsigned: there are up to 2^32. */
export const REGION = 0;
/** Link to the next entry of the hash bucket. */
export const REGION_CHAIN = 1;
/** Number of updates in `U[r]`: obtained, neither acknowledged nor given up. */
export const UNACKED = 2;
/** The region's oldest node, in the order obtained; NIL when there is none. */
export const FIRST_NODE = 3;
/** Where the node inside the entry begins. */
export const OWN_NODE = 4;
export const REGION_WORDS = 8;

/** Words of a node: one per update and region (updateSets.ts). */
export const NODE_SLOT = 0;
/** The region's next younger update; NIL for the youngest. */
export const NODE_NEXT = 1;
/** The region's next older update; for the oldest, the youngest. */
export const NODE_PREV = 2;
/** The update's evidence in the log, or NIL. */
export const NODE_HOLDING = 3;
/** Words that only a node outside of its region's entry has. */
export const NODE_NEXT_OF_SLOT = 4;
export const NODE_ENTRY = 5;
export const NODE_WORDS = 6;

/** Words of a region's evidence (holdings.ts). The record has the index and the size of the region's entry. */
export const FIRST_HOLDING = 0;
export const LAST_HOLDING = 1;
/** Slot of the resync copy that runs or waits, or CLEARING, or NIL. */
export const COPY_SLOT = 2;
export const LINGER_NEXT = 3;
export const LINGER_PREV = 4;
/** 0 or NIL. */
export const LINGERS = 5;
/** Two words, aligned for a double. */
export const LINGER_UNTIL = 6;

/** `COPY_SLOT`: the copy is durable and the region's bit waits to be cleared (R10). */
export const CLEARING = -2;

/** Words of a slot: half a cache line. */
export const SLOT_FIRST_NODE = 0;
/** NIL for a resync copy. */
export const SLOT_TRANSACTION = 1;
/** Low 32 bits of the update's number. */
export const SLOT_ID = 2;
/** Bytes, unsigned. */
export const SLOT_LENGTH = 3;
/** Bytes from the start of the area: two words, aligned for a double. */
export const SLOT_OFFSET = 4;
/**
 * Until submission: low 32 bits of the log block that holds its evidence. From then on: its deadline (deadlines.ts).
 */
export const SLOT_WAIT = 6;
export const SLOT_FLAGS = 7;
export const SLOT_WORDS = 8;

/** Bits of `SLOT_FLAGS`. SUBMITTED to IN_EPOCH exist once per area: P has the named bit, S the next higher one. */
export const SUBMITTED = 1 << 0;
export const ENDED = 1 << 2;
export const DURABLE = 1 << 4;
/** Completed, and waits in the area's power epoch for a flush. */
export const IN_EPOCH = 1 << 6;
/** Not submitted yet. */
export const WAITING = 1 << 8;
/** Its evidence is a log block that is not durable yet. */
export const NEEDS_LOG = 1 << 9;
/** Its evidence is an indicator page that is not durable yet. */
export const NEEDS_MARK = 1 << 10;
/** It will not be acknowledged (R9); its regions are marked, or about to be. */
export const GIVEN_UP = 1 << 11;
/** It has left `U[r]`: acknowledged, or given up with its marks durable. */
export const RETIRED = 1 << 12;
export const ANSWERED = 1 << 13;
/** It is not written to S. */
export const PRIMARY_ONLY = 1 << 14;
/** A resync copy, not an update. */
export const COPY = 1 << 15;
/** A copy whose result must not clear its region. */
export const CANCELED = 1 << 16;
/** Its regions' marks are not durable yet. With the journal lost they never become durable. */
export const MARKING = 1 << 17;
/** An area has to answer before the deadline. */
export const TIMED = 1 << 18;
/** A copy whose read from P is over: S has to answer now. */
export const COPY_ON_SECONDARY = 1 << 19;
/** Factor that turns P's bit into the bits of both areas. */
export const BOTH = 3;

/** Words of a holding: one region in `L[t]` of one transaction (holdings.ts). */
export const HOLDING_TRANSACTION = 0;
export const HOLDING_ENTRY = 1;
/** Low 32 bits of the log block with the write record (`TransactionLog.fullSequence`). */
export const HOLDING_SEQUENCE = 2;
/** Unacknowledged updates of the transaction to the region. */
export const HOLDING_UNACKED = 3;
/** Neighbors among the region's holdings, in log order. */
export const HOLDING_NEXT = 4;
export const HOLDING_PREV = 5;
/** Neighbors among all holdings, in log order. */
export const HOLDING_LATER = 6;
export const HOLDING_EARLIER = 7;
export const HOLDING_WORDS = 8;

/** Words of a transaction. The first is the low 32 bits of its number. */
export const TRANSACTION_ID = 0;
/** Number of regions in `L[t]`. */
export const TRANSACTION_HOLDINGS = 1;
/** Number of updates without RETIRED. */
export const TRANSACTION_UNRETIRED = 2;
export const TRANSACTION_STATE = 3;
export const TRANSACTION_WORDS = 4;

/** Bits of `TRANSACTION_STATE`: the application has closed it. */
export const CLOSED = 1;
/** Its begin record is in the log. */
export const BEGUN = 2;
