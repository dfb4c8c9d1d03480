/**
 * Runs the real recovery on journal images. `of` recovers an image once, until its cache is full and is emptied. The
 * results for single blocks and for the indicator area are cached too, because most images differ in a few blocks only.
 */
import type { JournalIdentity } from '../tracker/journal/block.js';
import { Findings } from '../tracker/journal/findings.js';
import type { JournalFinding } from '../base/finding.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, journalLayout, type JournalLayout } from '../tracker/journal/layout.js';
import type { LogBlock } from '../tracker/journal/logBlock.js';
import { openPlace, type PlaceReader } from '../tracker/journal/logRing.js';
import type { PagesRecovery, PageTable } from '../tracker/journal/indicatorArea.js';
import { regionCountOf, type ExpectedJournal, type SuperblockRead } from '../tracker/journal/format.js';
import { piecesOf, recoverFromPieces, type JournalPieces, type JournalRecovery } from '../tracker/journal/recovery.js';
import type { BlockStore, JournalImage } from './journalDevice.js';
import { mixAll } from './stateHash.js';

/** A mutant replaces this function. */
export type Recover = (expected: ExpectedJournal, pieces: JournalPieces) => JournalRecovery;

export interface Recovered {
  /** D as bits. */
  dirtyMask: number;
  damaged: boolean;
  needsFormat: boolean;
  firstSequence: number;
  recoveredThrough: number;
  groupsToWrite: number[];
  pageGeneration: number;
  highestTransaction: number;
  tail: number;
  vouchedThrough: number;
  activeTransactions: number;
  findings: number;
}

/** Results in the cache; when it is full, it is emptied. */
const KEPT_MAX = 300_000;

interface KnownPages {
  result: PagesRecovery;
  findings: JournalFinding[];
}

export class Recoveries {
  /** Recoveries that `of` has run, not taken from the cache. */
  runs = 0;
  private readonly known = new Map<number, Recovered>();
  private readonly blocks = new Map<number, LogBlock | string>();
  private readonly pages = new Map<number, KnownPages>();
  private readonly superblocks = new Map<number, SuperblockRead | null>();
  private readonly expected: ExpectedJournal;
  private readonly layout: JournalLayout;
  private readonly store: BlockStore;
  private readonly recover: Recover;
  private readonly scratch: Uint8Array;

  constructor(expected: ExpectedJournal, store: BlockStore, recover: Recover = recoverFromPieces) {
    this.expected = expected;
    this.layout = journalLayout(expected.logBytes, regionCountOf(expected));
    this.store = store;
    this.recover = recover;
    this.scratch = new Uint8Array(this.layout.totalBytes);
  }

  of(image: JournalImage): Recovered {
    const known = this.known.get(image.hash);
    if (known !== undefined) return known;
    if (this.known.size >= KEPT_MAX) this.known.clear();
    this.runs++;
    const result = summaryOf(this.recover(this.expected, this.piecesOf(image)));
    this.known.set(image.hash, result);
    return result;
  }

  /** Recovery as on a device: it reads every byte and uses no cache. */
  fromBytes(image: JournalImage): Recovered {
    return summaryOf(this.recover(this.expected, this.bytePieces(image)));
  }

  private bytePieces(image: JournalImage): JournalPieces {
    const { scratch } = this;
    return piecesOf(this.expected, (offset, length) => {
      for (let i = offset / BLOCK_BYTES; i < (offset + length) / BLOCK_BYTES; i++) {
        scratch.set(this.store.bytesOf(image.blocks[i]), i * BLOCK_BYTES);
      }
      return scratch.subarray(offset, offset + length);
    });
  }

  private piecesOf(image: JournalImage): JournalPieces {
    const bytes = this.bytePieces(image);
    return {
      superblock: (copy) => {
        const id = image.blocks[this.layout.superblockOffset[copy] / BLOCK_BYTES] * 2 + copy;
        let s = this.superblocks.get(id);
        if (s === undefined) this.superblocks.set(id, (s = bytes.superblock(copy)));
        return s;
      },
      places: (identity) => this.placesOf(image, identity),
      pages: (identity, findings, table) => this.pagesOf(image, identity, findings, bytes, table),
    };
  }

  private placesOf(image: JournalImage, identity: JournalIdentity): PlaceReader {
    const { layout, store, blocks } = this;
    return (copy, place) => {
      const at = layout.logOffset[copy] / BLOCK_BYTES + place;
      const id = image.blocks[at];
      const key = id * image.blocks.length + at;
      let block = blocks.get(key);
      if (block === undefined)
        blocks.set(key, (block = openPlace(store.bytesOf(id), 0, copy, place, layout, identity)));
      return block;
    };
  }

  private pagesOf(
    image: JournalImage,
    identity: JournalIdentity,
    findings: Findings,
    bytes: JournalPieces,
    table?: PageTable,
  ): PagesRecovery {
    const first = this.layout.pagesOffset[0] / BLOCK_BYTES;
    const key = mixAll(image.blocks.subarray(first, first + 2 * this.layout.groupCount * BLOCKS_PER_UNIT));
    let known = this.pages.get(key);
    if (known === undefined) {
      const own = new Findings();
      known = { result: bytes.pages(identity, own, table), findings: own.list };
      this.pages.set(key, known);
    }
    for (const f of known.findings) findings.add({ ...f, offsetBytes: f.blockIndex * BLOCK_BYTES });
    const { dirty, unequalGroups, generation } = known.result;
    return { dirty: dirty.clone(), unequalGroups: new Set(unequalGroups), generation };
  }
}

function summaryOf(r: JournalRecovery): Recovered {
  let dirtyMask = 0;
  for (const region of r.dirty.regions()) dirtyMask |= 1 << region;
  return {
    dirtyMask,
    damaged: r.everythingDirty,
    needsFormat: r.needsFormat,
    firstSequence: r.firstSequence,
    recoveredThrough: r.recoveredThrough,
    groupsToWrite: r.groupsToWrite,
    pageGeneration: r.pageGeneration,
    highestTransaction: r.highestTransaction,
    tail: r.tail,
    vouchedThrough: r.vouchedThrough,
    activeTransactions: r.activeTransactions,
    findings: r.findings.count,
  };
}
