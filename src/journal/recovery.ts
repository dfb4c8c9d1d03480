/**
 * Recovery (R11, R12): `D = indicator area ∪ L[t] of every active t`, from the bytes of the journal device alone.
 *
 * Damage never makes a region clean: it makes a range, or everything, dirty, and is listed. Only a whole superblock that
 * belongs to another rig or other sizes is refused, for then it is the wrong device.
 */
import { IndicatorMap } from '../core/indicatorMap.js';
import type { JournalIdentity } from './block.js';
import { JournalError } from './error.js';
import { Findings } from './findings.js';
import type { JournalLayout } from './layout.js';
import { journalLayout, REGIONS_PER_GROUP, UNIT_BYTES } from './layout.js';
import type { JournalReader, PlaceReader } from './recoverLog.js';
import { placesOf, recoverLog } from './recoverLog.js';
import type { PagesRecovery } from './recoverPages.js';
import { recoverPages } from './recoverPages.js';
import type { JournalGeometry, Superblock, SuperblockRead } from './superblock.js';
import { decodeSuperblock, regionCountOf } from './superblock.js';

export interface ExpectedJournal extends JournalGeometry {
  rigUuid: Uint8Array;
}

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
  /** No superblock can be read: the journal must be formatted anew, with everything dirty, before it is used. */
  needsFormat: boolean;
  /** Copies of the superblock to write again. */
  superblocksToRepair: (0 | 1)[];
  identity: JournalIdentity;
  /** For the core: where the log goes on, and which pages do not say D on disk. */
  firstSequence: number;
  recoveredThrough: number;
  groupsToWrite: number[];
  pageGeneration: number;
  highestTransaction: number;
  tail: number;
}

/**
 * The pieces that recovery reads, each a function of a few blocks: whoever recovers many journals that are nearly alike
 * can remember them.
 */
export interface JournalPieces {
  /** null: it can't be read. */
  superblock(copy: 0 | 1): SuperblockRead | null;
  places(identity: JournalIdentity): PlaceReader;
  pages(identity: JournalIdentity, findings: Findings): PagesRecovery;
}

export function piecesOf(expected: ExpectedJournal, read: JournalReader): JournalPieces {
  const regionCount = regionCountOf(expected);
  const layout = journalLayout(expected.logBytes, regionCount);
  return {
    superblock(copy) {
      const offset = layout.superblockOffset[copy];
      const bytes = read(offset, UNIT_BYTES);
      return bytes === null ? null : decodeSuperblock(bytes, offset);
    },
    places: (identity) => placesOf(layout, identity, read),
    pages: (identity, findings) => recoverPages(layout, identity, regionCount, read, findings),
  };
}

/** @throws JournalError WRONG_JOURNAL, OTHER_VERSION */
export function recoverJournal(expected: ExpectedJournal, read: JournalReader): JournalRecovery {
  return recoverFromPieces(expected, piecesOf(expected, read));
}

/** @throws JournalError WRONG_JOURNAL, OTHER_VERSION */
export function recoverFromPieces(expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery {
  const findings = new Findings();
  const layout = journalLayout(expected.logBytes, regionCountOf(expected));
  const regionCount = regionCountOf(expected);
  const superblocks = readSuperblocks(layout, pieces, findings);
  for (const s of superblocks) if (s !== null) checkExpected(s, expected);
  const [a, b] = superblocks;
  const found = a ?? b;
  const disagree = a !== null && b !== null && a.formatEpoch !== b.formatEpoch;
  if (disagree) {
    const problem = 'the two superblocks are of different formats';
    findings.add({ where: 'superblock', offsetBytes: 0, problem, effect: 'everything-dirty', class: 'indicator-rot' });
  }
  if (found === null || disagree) return allDirty(expected, layout, findings);

  const identity = { rigUuid: found.rigUuid, formatEpoch: found.formatEpoch };
  const pages = pieces.pages(identity, findings);
  const log = recoverLog(layout, regionCount, pieces.places(identity), findings);
  const fromIndicatorArea = pages.dirty.count;
  const dirty = pages.dirty;
  const groups = pages.unsettledGroups;
  if (log.damaged) {
    dirty.setRange(0, regionCount);
    for (let g = 0; g < layout.groupCount; g++) groups.add(g);
  }
  for (const region of log.dirty) {
    if (dirty.set(region)) groups.add(Math.floor(region / REGIONS_PER_GROUP));
  }
  return {
    layout,
    regionCount,
    dirty,
    everythingDirty: log.damaged,
    fromIndicatorArea,
    fromLog: log.dirty.size,
    activeTransactions: log.activeTransactions,
    findings,
    needsFormat: false,
    superblocksToRepair: ([0, 1] as const).filter((i) => superblocks[i] === null),
    identity,
    firstSequence: log.firstSequence,
    // With a damaged log nothing of it counts: what comes next stands alone.
    recoveredThrough: log.damaged ? log.firstSequence - 1 : log.head,
    groupsToWrite: [...groups],
    pageGeneration: pages.generation,
    highestTransaction: log.highestTransaction,
    tail: log.tail,
  };
}

function readSuperblocks(layout: JournalLayout, pieces: JournalPieces, findings: Findings): [Superblock | null, Superblock | null] {
  const one = (copy: 0 | 1): Superblock | null => {
    const offset = layout.superblockOffset[copy];
    const result = pieces.superblock(copy) ?? ({ ok: false, problem: 'unreadable' } as const);
    if (result.ok) return result.superblock;
    if (result.problem === 'other-version') {
      throw new JournalError(
        'OTHER_VERSION',
        `the journal has format version ${result.version ?? '?'}; this plugpull reads version 1. Resynchronize with the plugpull that wrote it`,
      );
    }
    // Written once, at format, and flushed: whatever it is now, it was durable.
    const { problem } = result;
    findings.add({ where: 'superblock', offsetBytes: offset, problem, effect: 'repaired', class: 'indicator-rot' });
    return null;
  };
  const both: [Superblock | null, Superblock | null] = [one(0), one(1)];
  if (both[0] === null && both[1] === null) {
    findings.list.length = 0;
    const problem = 'neither superblock can be read';
    findings.add({ where: 'superblock', offsetBytes: 0, problem, effect: 'everything-dirty', class: 'indicator-rot' });
  }
  return both;
}

export function formatUuid(uuid: Uint8Array): string {
  const hex = [...uuid].map((b) => b.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function parseUuid(text: string): Uint8Array {
  const hex = text.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new RangeError(`rig UUID ${text}: must be 32 hexadecimal digits`);
  return Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

function checkExpected(s: Superblock, expected: ExpectedJournal): void {
  const wrong = (what: string, found: string | number, wanted: string | number): never => {
    throw new JournalError(
      'WRONG_JOURNAL',
      `the journal was made for ${what} ${found}, this rig has ${what} ${wanted}: it is another rig's, or the profile has changed. ` +
        'Give the rig its own journal device, or resynchronize with the former profile first',
      { what, found, wanted },
    );
  };
  const found = formatUuid(s.rigUuid);
  const wanted = formatUuid(expected.rigUuid);
  if (found !== wanted) wrong('rig', found, wanted);
  if (s.regionBytes !== expected.regionBytes) wrong('region size', s.regionBytes, expected.regionBytes);
  if (s.usableBytes !== expected.usableBytes) wrong('area size', s.usableBytes, expected.usableBytes);
  if (s.logBytes !== expected.logBytes) wrong('log size', s.logBytes, expected.logBytes);
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
    identity: { rigUuid: expected.rigUuid, formatEpoch: 0 },
    firstSequence: layout.ringBlocks,
    recoveredThrough: layout.ringBlocks - 1,
    groupsToWrite: [],
    pageGeneration: 0,
    highestTransaction: 0,
    tail: layout.ringBlocks,
  };
}
