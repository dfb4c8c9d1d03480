/**
 * The records of the log, replayed from the newest to the oldest: which regions are in `L[t]` of an active transaction
 * (R11).
 *
 *   oldest   begin(7)  write(7, r)  begin(8)  write(8, r)  release(8, r)  complete(7)   newest
 *                                   ◄──────── replay
 *
 * In this order one look decides about a write record: its region is dirty unless a later record has released it or has
 * completed the transaction. So completed transactions keep no regions, and memory follows the transactions that are
 * open at one moment, the releases of active ones, and the dirty regions; not the length of the log.
 */
import {
  RECORD_BEGIN,
  RECORD_COMPLETE,
  RECORD_RELEASE,
  RECORD_WRITE,
  type RecordKind,
} from '../core/transactionLog.js';
import { bitsOfRange, RegionSets } from './regionSets.js';
import { TRANSACTION_ACTIVE, TRANSACTION_COMPLETED, TransactionStates } from './transactionStates.js';

/** The owner of all dirty regions. */
const DIRTY = 0;

export class EvidenceReplay {
  highestTransaction = 0;
  private readonly regionCount: number;
  private readonly transactions = new TransactionStates();
  /** By active transaction. */
  private readonly released = new RegionSets();
  private readonly dirty = new RegionSets();
  private dirtyCount = 0;

  constructor(regionCount: number) {
    this.regionCount = regionCount;
  }

  /** Regions in `L[t]` of active transactions. */
  get regions(): number {
    return this.dirtyCount;
  }

  get activeTransactions(): number {
    return this.transactions.count(TRANSACTION_ACTIVE);
  }

  /** Buckets in use; a test bounds them. */
  get size(): number {
    return this.transactions.size + this.released.size + this.dirty.size;
  }

  /** Takes the record before those taken so far. */
  take(kind: RecordKind, transaction: number, firstRegion: number, regions: number): void {
    if (transaction > this.highestTransaction) this.highestTransaction = transaction;
    const state = this.transactions.get(transaction);
    if (kind === RECORD_COMPLETE) {
      this.transactions.set(transaction, state | TRANSACTION_COMPLETED);
      return;
    }
    if ((state & TRANSACTION_COMPLETED) !== 0) {
      // Nothing of the transaction comes before its first record.
      if (kind === RECORD_BEGIN && state === TRANSACTION_COMPLETED) this.transactions.remove(transaction);
      return;
    }
    if (state === 0) this.transactions.set(transaction, TRANSACTION_ACTIVE);
    const end = Math.min(firstRegion + regions, this.regionCount);
    for (let word = Math.floor(firstRegion / 32); word * 32 < end; word++) {
      const bits = bitsOfRange(word, firstRegion, end);
      if (kind === RECORD_RELEASE) this.released.add(transaction, word, bits);
      else if (kind === RECORD_WRITE) this.markDirty(word, bits & ~this.released.bits(transaction, word));
    }
  }

  /** Shows the dirty regions in words of 32: region 32 word + i for bit i, in no order. */
  forEachWord(show: (word: number, bits: number) => void): void {
    this.dirty.forEach((_owner, word, bits) => show(word, bits));
  }

  private markDirty(word: number, bits: number): void {
    let fresh = bits & ~this.dirty.bits(DIRTY, word);
    this.dirty.add(DIRTY, word, fresh);
    for (; fresh !== 0; fresh &= fresh - 1) this.dirtyCount++;
  }
}
