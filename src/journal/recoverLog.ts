/**
 * What the log ring says after a crash: `L[t]` of every active transaction (R11), and where the log may go on.
 *
 * Method. Every place of both copies is read. A place whose two blocks are whole is taken at its newer one: the older
 * is what a lost or not yet written copy leaves behind, and single losses cost nothing; where both copies were durable
 * (a block of T … H says so) the loss is listed all the same, as the device's fault that it is. Each block says up to which
 * block all were durable when it was made: D is the highest such claim. From D on, blocks are taken while they follow
 * each other; the last one, H, says where evidence begins (T). Evidence is in T … H. Blocks behind a gap after H
 * belong to commits that were under way: no data was submitted on their word, and their releases must not count.
 *
 * Sectors are atomic and each block is one sector, so a crash leaves old and new blocks but no broken ones: a block
 * that is broken, or a gap in T … H, is damage, and everything is dirty (R12).
 */
import type { JournalIdentity } from './block.js';
import { BLOCK_KIND, openBlock } from './block.js';
import type { Findings } from './findings.js';
import type { JournalLayout } from './layout.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, UNIT_BYTES } from './layout.js';
import type { LogBlock } from './logBlock.js';
import { decodeLogBlock } from './logBlock.js';
import { RECORD_COMPLETE, RECORD_RELEASE, RECORD_WRITE } from '../core/transactionLog.js';

/** Returns the bytes at an offset of the journal device, or null when they cannot be read. Not kept by the caller. */
export type JournalReader = (offsetBytes: number, lengthBytes: number) => Uint8Array | null;

/** What stands at a place of one copy of the ring: the block, or what is wrong with it. */
export type PlaceReader = (copy: 0 | 1, place: number) => LogBlock | string;

export interface LogRecovery {
  /** Something was damaged: every region must be taken as dirty. */
  damaged: boolean;
  /** Regions in `L[t]` of active transactions. */
  dirty: Set<number>;
  activeTransactions: number;
  /** T, H and the highest sequence number seen anywhere. */
  tail: number;
  head: number;
  highest: number;
  /** The log goes on here. */
  firstSequence: number;
  highestTransaction: number;
}

const READ_BYTES = 256 * UNIT_BYTES;
/** More than the commits of one engine in flight can fill: 4 commits of 16 units. */
const IN_FLIGHT_BLOCKS_MAX = 4 * 16 * BLOCKS_PER_UNIT;

/** The two copies of a place hold different blocks, both whole. */
interface StalePlace {
  offsetBytes: number;
  older: number;
  newer: number;
}

interface BrokenPlace {
  offsetBytes: number;
  place: number;
  problem: string;
}

export function recoverLog(layout: JournalLayout, regionCount: number, readPlace: PlaceReader, findings: Findings): LogRecovery {
  const places: (LogBlock | null)[] = new Array<LogBlock | null>(layout.ringBlocks).fill(null);
  const broken: BrokenPlace[] = [];
  const stale: StalePlace[] = [];
  for (const copy of [0, 1] as const) readRing(copy, layout, readPlace, places, broken, stale);
  let damaged = broken.length > 0;
  const at = (sequence: number): LogBlock | null => {
    const block = places[((sequence % layout.ringBlocks) + layout.ringBlocks) % layout.ringBlocks];
    return block !== null && block.sequence === sequence ? block : null;
  };

  let highest = -1;
  let durable = -1;
  for (const block of places) {
    if (block === null) continue;
    highest = Math.max(highest, block.sequence);
    durable = Math.max(durable, block.durableThrough);
  }
  let head = durable;
  while (at(head + 1) !== null) head++;
  const last = at(head);
  const tail = last === null ? head : last.tail;
  const gap = last === null ? head : firstGap(tail, head, at);
  if (gap !== null) {
    damaged = true;
    findings.add({
      where: 'log',
      offsetBytes: layout.logOffset[0] + (Math.max(0, gap) % layout.ringBlocks) * BLOCK_BYTES,
      problem: `block ${gap} must be durable (evidence is in ${tail} … ${head}) and is not there`,
      effect: 'everything-dirty',
      class: 'indicator-rot',
    });
  }
  if (gap === null) reportLostCopies(stale, tail, head, at, findings);
  for (const { offsetBytes, place, problem } of broken) {
    // Places just ahead of the newest block may have been in flight; all others had been durable.
    const ahead = (((place - highest) % layout.ringBlocks) + layout.ringBlocks) % layout.ringBlocks;
    const mayBeInFlight = ahead >= 1 && ahead <= Math.min(IN_FLIGHT_BLOCKS_MAX, layout.ringBlocks / 4);
    const found = mayBeInFlight ? 'indicator-torn' : 'indicator-rot';
    findings.add({ where: 'log', offsetBytes, problem, effect: 'everything-dirty', class: found });
  }

  const replayed = damaged ? { dirty: new Set<number>(), active: 0, highest: 0 } : replay(tail, head, regionCount, at);
  return {
    damaged,
    dirty: replayed.dirty,
    activeTransactions: replayed.active,
    tail,
    head,
    highest,
    firstSequence: Math.ceil((Math.max(highest, head) + 1) / BLOCKS_PER_UNIT) * BLOCKS_PER_UNIT,
    highestTransaction: replayed.highest,
  };
}

/**
 * Only a claim made in T … H counts: before the log began anew at T, blocks of which one copy was in flight at a cut were
 * taken for durable.
 */
function reportLostCopies(
  stale: readonly StalePlace[],
  tail: number,
  head: number,
  at: (sequence: number) => LogBlock | null,
  findings: Findings,
): void {
  if (stale.length === 0) return;
  let vouched = -1;
  for (let s = tail; s <= head; s++) vouched = Math.max(vouched, at(s)!.durableThrough);
  for (const { offsetBytes, older, newer } of stale) {
    if (newer < tail || newer > Math.min(head, vouched)) continue;
    const problem = `block ${newer} was durable here, and block ${older} of before is found; the other copy has it`;
    findings.add({ where: 'log', offsetBytes, problem, effect: 'ignored', class: 'indicator-rot' });
  }
}

/** Reads one copy into `places`, keeping the newer block of each place. */
function readRing(
  copy: 0 | 1,
  layout: JournalLayout,
  readPlace: PlaceReader,
  places: (LogBlock | null)[],
  broken: BrokenPlace[],
  stale: StalePlace[],
): void {
  for (let place = 0; place < layout.ringBlocks; place++) {
    const result = readPlace(copy, place);
    if (typeof result === 'string') {
      broken.push({ offsetBytes: layout.logOffset[copy] + place * BLOCK_BYTES, place, problem: result });
      continue;
    }
    const other = places[place];
    if (other === null || other.sequence < result.sequence) places[place] = result;
    if (other !== null && other.sequence !== result.sequence) stale.push(staleOf(layout, place, other.sequence, result.sequence));
  }
}

function staleOf(layout: JournalLayout, place: number, first: number, second: number): StalePlace {
  const copy = first < second ? 0 : 1;
  return { offsetBytes: layout.logOffset[copy] + place * BLOCK_BYTES, older: Math.min(first, second), newer: Math.max(first, second) };
}

/** Places from the bytes of a device, read in large pieces: meant to be asked in ascending order. */
export function placesOf(layout: JournalLayout, identity: JournalIdentity, read: JournalReader): PlaceReader {
  const copyBytes = layout.ringBlocks * BLOCK_BYTES;
  let piece: Uint8Array | null = null;
  let pieceCopy = -1;
  let pieceStart = -1;
  return (copy, place) => {
    const at = place * BLOCK_BYTES;
    const start = at - (at % READ_BYTES);
    if (copy !== pieceCopy || start !== pieceStart) {
      piece = read(layout.logOffset[copy] + start, Math.min(READ_BYTES, copyBytes - start));
      pieceCopy = copy;
      pieceStart = start;
    }
    return piece === null ? 'unreadable' : openPlace(piece, at - start, copy, place, layout, identity);
  };
}

/** The block of place `place`, at `at` in `bytes`; or what is wrong with it. */
export function openPlace(
  bytes: Uint8Array,
  at: number,
  copy: 0 | 1,
  place: number,
  layout: JournalLayout,
  identity: JournalIdentity,
): LogBlock | string {
  const opened = openBlock(bytes, at, BLOCK_KIND.log, layout.logOffset[copy] + place * BLOCK_BYTES, identity);
  if (!opened.ok) return opened.problem;
  if (opened.sequence % layout.ringBlocks !== place) return 'misplaced';
  return decodeLogBlock(bytes, at, opened.sequence) ?? 'corrupt';
}

function firstGap(from: number, to: number, at: (sequence: number) => LogBlock | null): number | null {
  for (let s = from; s <= to; s++) if (at(s) === null) return s;
  return null;
}

function replay(
  tail: number,
  head: number,
  regionCount: number,
  at: (sequence: number) => LogBlock | null,
): { dirty: Set<number>; active: number; highest: number } {
  const locations = new Map<number, Set<number>>();
  let highest = 0;
  for (let s = tail; s <= head; s++) {
    for (const r of at(s)!.records) {
      highest = Math.max(highest, r.transaction);
      if (r.kind === RECORD_COMPLETE) {
        locations.delete(r.transaction);
        continue;
      }
      let set = locations.get(r.transaction);
      if (set === undefined) locations.set(r.transaction, (set = new Set()));
      for (let i = r.firstRegion; i < r.firstRegion + r.regions && i < regionCount; i++) {
        if (r.kind === RECORD_WRITE) set.add(i);
        else if (r.kind === RECORD_RELEASE) set.delete(i);
      }
    }
  }
  const dirty = new Set<number>();
  for (const set of locations.values()) for (const region of set) dirty.add(region);
  return { dirty, active: locations.size, highest };
}
