/**
 * Recovery (R11, R12): `D = indicator area ∪ L[t] of every active t`, from the bytes of the journal device alone.
 *
 * Damage never makes a region clean. The journal keeps everything twice. Damage to one copy costs nothing, because the
 * other copy counts; it is listed and repaired. Damage to both copies makes dirty the regions that the block may have
 * named, or every region where recovery cannot know them. The decision tables are in logRing.ts, in indicatorArea.ts,
 * and for the superblocks here:
 *
 *   both valid, of one format       | they count
 *   both valid, of two formats      | the one whose format the log's blocks have; if neither, everything is dirty
 *   one valid, one not              | the valid one
 *   neither valid                   | everything is dirty
 *   one of another rig or size      | refused: it is the wrong device
 */
import { IndicatorMap } from '../core/indicatorMap.js';
import type { JournalIdentity } from './block.js';
import { Findings, UNREADABLE } from './findings.js';
import {
  BLOCK_BYTES,
  BLOCKS_PER_UNIT,
  journalLayout,
  REGIONS_PER_GROUP,
  UNIT_BYTES,
  type JournalLayout,
} from './layout.js';
import { placesOf, type LogTable, type PlaceReader } from './logRing.js';
import { recoverLog } from './recoverLog.js';
import { recoverPages, type PagesRecovery, type PageTable } from './indicatorArea.js';
import { logRepairs, type LogRepair } from './repairLog.js';
import type { JournalReader } from './salvage.js';
import {
  checkExpected,
  decodeSuperblock,
  JournalError,
  regionCountOf,
  type ExpectedJournal,
  type Superblock,
  type SuperblockRead,
} from './format.js';

export interface JournalRecovery {
  layout: JournalLayout;
  regionCount: number;
  /** D */
  dirty: IndicatorMap;
  everythingDirty: boolean;
  fromIndicatorArea: number;
  fromLog: number;
  activeTransactions: number;
  findings: Findings;
  /** Neither superblock is valid: the journal must be formatted again, with every region dirty, before it is used. */
  needsFormat: boolean;
  /** Copies of the superblock to write again. */
  superblocksToRepair: (0 | 1)[];
  /** Units of the log to write again, before anything else is written. */
  logRepairs: () => Iterable<LogRepair>;
  identity: JournalIdentity;
  /** For the core: where the log continues, and the groups whose pages do not carry D. */
  firstSequence: number;
  recoveredThrough: number;
  groupsToWrite: number[];
  pageGeneration: number;
  highestTransaction: number;
  tail: number;
  head: number;
  /** A valid block of the log states that all blocks up to this one were durable. */
  vouchedThrough: number;
}

/**
 * The parts of a journal that recovery reads, each a function of a few blocks. The explorer recovers many journals that
 * differ in few blocks, and caches them.
 */
export interface JournalPieces {
  /** null: the device fails to read it. */
  superblock(copy: 0 | 1): SuperblockRead | null;
  places(identity: JournalIdentity): PlaceReader;
  pages(identity: JournalIdentity, findings: Findings, table?: PageTable): PagesRecovery;
}

export function piecesOf(expected: ExpectedJournal, read: JournalReader): JournalPieces {
  const regionCount = regionCountOf(expected);
  const layout = journalLayout(expected.logBytes, regionCount);
  return {
    superblock(copy) {
      const offset = layout.superblockOffset[copy];
      // The rest of its unit is empty.
      const bytes = read(offset, UNIT_BYTES) ?? read(offset, BLOCK_BYTES);
      return bytes === null ? null : decodeSuperblock(bytes, offset);
    },
    places: (identity) => placesOf(layout, identity, read),
    pages: (identity, findings, table) => recoverPages(layout, identity, regionCount, read, findings, table),
  };
}

/** @throws JournalError WRONG_JOURNAL, OTHER_VERSION */
export function recoverJournal(expected: ExpectedJournal, read: JournalReader): JournalRecovery {
  return recoverFromPieces(expected, piecesOf(expected, read));
}

/** The decision tables. The explorer's mutants replace one of them. */
export interface RecoveryTables {
  Log?: typeof LogTable;
  pages?: PageTable;
}

/** @throws JournalError WRONG_JOURNAL, OTHER_VERSION */
export function recoverFromPieces(
  expected: ExpectedJournal,
  pieces: JournalPieces,
  tables: RecoveryTables = {},
): JournalRecovery {
  const findings = new Findings();
  const layout = journalLayout(expected.logBytes, regionCountOf(expected));
  const regionCount = regionCountOf(expected);
  const superblocks = readSuperblocks(layout, pieces, findings);
  for (const s of superblocks) if (s !== null) checkExpected(s, expected);
  const current = currentSuperblock(superblocks, layout, pieces, findings);
  if (current === null) return allDirty(expected, layout, findings);

  const found = superblocks[current]!;
  const identity = { rigUuid: found.rigUuid, formatEpoch: found.formatEpoch };
  const pages = pieces.pages(identity, findings, tables.pages);
  const places = pieces.places(identity);
  const log = recoverLog(layout, regionCount, places, findings, tables.Log);
  const fromIndicatorArea = pages.dirty.count;
  const dirty = pages.dirty;
  const groups = pages.unequalGroups;
  if (log.damaged) {
    dirty.setRange(0, regionCount);
    for (let g = 0; g < layout.groupCount; g++) groups.add(g);
  }
  log.evidence?.forEachWord((word, bits) => addWord(dirty, word, bits, groups));
  return {
    layout,
    regionCount,
    dirty,
    everythingDirty: log.damaged,
    fromIndicatorArea,
    fromLog: log.evidence?.regions ?? 0,
    activeTransactions: log.evidence?.activeTransactions ?? 0,
    findings,
    needsFormat: false,
    superblocksToRepair: ([0, 1] as const).filter((i) => superblocks[i]?.formatEpoch !== found.formatEpoch),
    logRepairs: () => logRepairs(log, layout, identity, places),
    identity,
    firstSequence: log.firstSequence,
    // Nothing of a damaged log counts: the new blocks must not state that any of it is durable.
    recoveredThrough: log.damaged ? log.firstSequence - 1 : log.durableThrough,
    groupsToWrite: [...groups].sort((a, b) => a - b),
    pageGeneration: pages.generation,
    highestTransaction: log.evidence?.highestTransaction ?? 0,
    tail: log.tail,
    head: log.head,
    vouchedThrough: log.ring.durable,
  };
}

/** Sets the regions of a word, and lists the groups in which one was 0. */
function addWord(dirty: IndicatorMap, word: number, bits: number, groups: Set<number>): void {
  const before = dirty.word(word);
  dirty.setWord(word, bits);
  const fresh = dirty.word(word) & ~before;
  // The number of a group's regions is a multiple of 32: all regions of a word are in one group.
  if (fresh !== 0) groups.add(Math.floor((word * 32) / REGIONS_PER_GROUP));
}

function readSuperblocks(
  layout: JournalLayout,
  pieces: JournalPieces,
  findings: Findings,
): [Superblock | null, Superblock | null] {
  const one = (copy: 0 | 1): Superblock | null => {
    const offset = layout.superblockOffset[copy];
    const result = pieces.superblock(copy) ?? ({ ok: false, problem: UNREADABLE } as const);
    if (result.ok) return result.superblock;
    if (result.problem === 'other-version') {
      throw new JournalError(
        'OTHER_VERSION',
        `the journal has format version ${result.version ?? '?'}, but this plugpull reads version 1. ` +
          'Resynchronize with the version of plugpull that wrote it',
      );
    }
    // Formatting wrote and flushed it, and nothing writes it afterwards: it was durable.
    const { problem } = result;
    findings.add({ where: 'superblock', offsetBytes: offset, problem, effect: 'repaired', class: 'indicator-rot' });
    return null;
  };
  return [one(0), one(1)];
}

/** Which of the two superblocks counts; null: neither. */
function currentSuperblock(
  [a, b]: [Superblock | null, Superblock | null],
  layout: JournalLayout,
  pieces: JournalPieces,
  findings: Findings,
): 0 | 1 | null {
  const lost = (problem: string): null => {
    findings.clear();
    findings.add({ where: 'superblock', offsetBytes: 0, problem, effect: 'everything-dirty', class: 'indicator-rot' });
    return null;
  };
  if (a === null && b === null) return lost('neither superblock can be read');
  if (a === null || b === null) return a === null ? 1 : 0;
  if (a.formatEpoch === b.formatEpoch) return 0;
  // One of them lost its latest write: the blocks of the journal have the format of the other.
  const [ofA, ofB] = [blocksOf(a, pieces), blocksOf(b, pieces)];
  if (ofA === ofB) return lost('the two superblocks have different format epochs');
  const current = ofA > ofB ? 0 : 1;
  const problem = `its format epoch is ${[b, a][current].formatEpoch}, but the journal's blocks have ${[a, b][current].formatEpoch}`;
  const offsetBytes = layout.superblockOffset[1 - current];
  findings.add({ where: 'superblock', offsetBytes, problem, effect: 'repaired', class: 'indicator-rot' });
  return current;
}

/** Blocks of the log's first unit, in both copies, that belong to the superblock's format. */
function blocksOf({ rigUuid, formatEpoch }: Superblock, pieces: JournalPieces): number {
  const places = pieces.places({ rigUuid, formatEpoch });
  let count = 0;
  for (const copy of [0, 1] as const) {
    for (let place = 0; place < BLOCKS_PER_UNIT; place++) if (typeof places(copy, place, true) !== 'string') count++;
  }
  return count;
}

function allDirty(expected: ExpectedJournal, layout: JournalLayout, findings: Findings): JournalRecovery {
  const regionCount = regionCountOf(expected);
  const dirty = new IndicatorMap(regionCount);
  dirty.setRange(0, regionCount);
  return {
    layout,
    regionCount,
    dirty,
    everythingDirty: true,
    fromIndicatorArea: 0,
    fromLog: 0,
    activeTransactions: 0,
    findings,
    needsFormat: true,
    superblocksToRepair: [],
    logRepairs: () => [],
    identity: { rigUuid: expected.rigUuid, formatEpoch: 0 },
    firstSequence: layout.ringBlocks,
    recoveredThrough: layout.ringBlocks - 1,
    groupsToWrite: [],
    pageGeneration: 0,
    highestTransaction: 0,
    tail: layout.ringBlocks,
    head: layout.ringBlocks - 1,
    vouchedThrough: layout.ringBlocks - 1,
  };
}
