/**
 * What the real recovery says about a journal image. Each image is recovered once; later meetings are looked up.
 */
import type { JournalReader } from '../journal/recoverLog.js';
import { BLOCK_BYTES } from '../journal/layout.js';
import { recoverJournal } from '../journal/recovery.js';
import type { ExpectedJournal, JournalRecovery } from '../journal/recovery.js';
import type { BlockStore } from './blockStore.js';
import type { JournalImage } from './journalDevice.js';

/** The seam at which a broken recovery is put in. */
export type Recover = (expected: ExpectedJournal, read: JournalReader) => JournalRecovery;

export interface Recovered {
  /** D as bits. */
  dirtyMask: number;
  damaged: boolean;
  firstSequence: number;
  recoveredThrough: number;
  groupsToWrite: number[];
  pageGeneration: number;
  highestTransaction: number;
  tail: number;
  activeTransactions: number;
  findings: number;
}

/** Results kept; beyond it all are forgotten and made anew. */
const KEPT_MAX = 400_000;

export class Recoveries {
  /** Recoveries run, not looked up. */
  runs = 0;
  private readonly known = new Map<number, Recovered>();
  private readonly expected: ExpectedJournal;
  private readonly store: BlockStore;
  private readonly recover: Recover;

  constructor(expected: ExpectedJournal, store: BlockStore, recover: Recover = recoverJournal) {
    this.expected = expected;
    this.store = store;
    this.recover = recover;
  }

  of(image: JournalImage): Recovered {
    const known = this.known.get(image.hash);
    if (known !== undefined) return known;
    if (this.known.size >= KEPT_MAX) this.known.clear();
    const result = this.run(image);
    this.known.set(image.hash, result);
    return result;
  }

  private run(image: JournalImage): Recovered {
    this.runs++;
    const scratch = new Uint8Array(image.blocks.length * BLOCK_BYTES);
    const r = this.recover(this.expected, (offset, length) => {
      for (let i = offset / BLOCK_BYTES; i < (offset + length) / BLOCK_BYTES; i++) {
        scratch.set(this.store.bytesOf(image.blocks[i]), i * BLOCK_BYTES);
      }
      return scratch.subarray(offset, offset + length);
    });
    let dirtyMask = 0;
    for (const region of r.dirty.regions()) dirtyMask |= 1 << region;
    return {
      dirtyMask,
      damaged: r.everythingDirty,
      firstSequence: r.firstSequence,
      recoveredThrough: r.recoveredThrough,
      groupsToWrite: r.groupsToWrite,
      pageGeneration: r.pageGeneration,
      highestTransaction: r.highestTransaction,
      tail: r.tail,
      activeTransactions: r.activeTransactions,
      findings: r.findings.count,
    };
  }
}
