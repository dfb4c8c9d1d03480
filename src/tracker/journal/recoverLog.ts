/**
 * What the log ring says after a crash: `L[t]` of every active transaction (R11), and where the log may go on.
 *
 * Method. Every place of both copies is read (ring.ts). Each block says up to which block all were durable when it was
 * made: D is the highest such claim. From D on, blocks are taken while they follow each other; the last one, H, says where
 * evidence begins (T). Evidence is in T … H. Blocks behind a gap after H belong to commits that were under way: no data
 * was submitted on their word, and their releases must not count. What is made of a block that a copy, or both, do not
 * have is said by the table in logRing.ts.
 *
 * Damage is listed wherever it lies: as the device's fault where both copies had been durable and where a block can't be
 * read, as torn where a write may have been in flight. What one copy alone has lost is repaired from the other
 * (repairLog.ts).
 */
import { classOf, type Findings } from './findings.js';
import type { JournalFinding } from '../../base/finding.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, inFlightBlocksMax, type JournalLayout } from './layout.js';
import type { LogBlock } from './logBlock.js';
import { COPIES, LogTable, Ring, type PlaceReader } from './logRing.js';
import { RECORD_COMPLETE, RECORD_RELEASE, RECORD_WRITE } from '../core/transactionLog.js';

export interface LogRecovery {
  /** Something was lost of which nothing else tells: every region must be taken as dirty. */
  damaged: boolean;
  /** Regions in `L[t]` of active transactions. */
  dirty: Set<number>;
  activeTransactions: number;
  /** T, H and the highest sequence number seen anywhere. */
  tail: number;
  head: number;
  highest: number;
  /** All blocks up to here are durable in both copies: what the log may say when it goes on. */
  durableThrough: number;
  /** The log goes on here. */
  firstSequence: number;
  highestTransaction: number;
  ring: Ring;
}

interface Extent {
  tail: number;
  head: number;
  /** A block that may have named regions, and that neither copy has. */
  lost: number | null;
}

export function recoverLog(
  layout: JournalLayout,
  regionCount: number,
  readPlace: PlaceReader,
  findings: Findings,
  Table: typeof LogTable = LogTable,
): LogRecovery {
  const ring = new Ring(layout, readPlace);
  const extent = extentOf(ring, new Table(ring));
  const { tail, head } = extent;
  const replayed = extent.lost === null ? replay(ring, tail, head, regionCount, readPlace) : NOTHING;
  const lost = extent.lost ?? replayed.lost;
  report(ring, { ...extent, lost }, findings);
  return {
    damaged: lost !== null,
    dirty: replayed.dirty,
    activeTransactions: replayed.active,
    tail,
    head,
    highest: ring.highest,
    durableThrough: durableThrough(ring, head),
    firstSequence: Math.ceil((Math.max(ring.highest, head) + 1) / BLOCKS_PER_UNIT) * BLOCKS_PER_UNIT,
    highestTransaction: replayed.highest,
    ring,
  };
}

function extentOf(ring: Ring, table: LogTable): Extent {
  let head = ring.durable;
  let lost: number | null = null;
  for (let s = head + 1; ; s++) {
    const decision = table.next(s);
    if (decision === 'take') head = s;
    else if (decision === 'lost') lost = s;
    if (decision === 'end' || decision === 'lost') break;
  }
  const tail = ring.tailUpTo(head);
  for (let s = Math.max(0, tail); s <= head; s++) if (table.needed(s) === 'lost') return { tail, head, lost: s };
  return { tail, head, lost };
}

/**
 * H may be in one copy alone: its commit was under way. Nothing may say of it that it was durable, or its evidence would be
 * missed when that copy is damaged.
 */
function durableThrough(ring: Ring, head: number): number {
  let s = ring.durable;
  while (s < head && ring.state(0, s + 1) === 'valid' && ring.state(1, s + 1) === 'valid') s++;
  return s;
}

// ── what is listed ───────────────────────────────────────────────────────────────────────────────────────────────────

function report(ring: Ring, { tail, head, lost }: Extent, findings: Findings): void {
  const vouched = lost === null ? vouchedIn(ring, tail, head) : ring.durable;
  if (lost !== null) {
    const wasDurable = lost <= vouched;
    findings.add({
      where: 'log',
      offsetBytes: offsetOf(ring, 0, ring.placeOf(lost)),
      problem: wasDurable
        ? `block ${lost} must be durable (evidence is in ${tail} … ${head}) and neither copy has it`
        : `neither copy of block ${lost} can be read, which follows the last block of the log: it may have been durable`,
      effect: 'everything-dirty',
      class: wasDurable ? 'indicator-rot' : 'indicator-torn',
    });
  }
  for (const copy of COPIES) {
    for (let place = 0; place < ring.layout.ringBlocks; place++) {
      const finding = findingAt(ring, copy, place, { tail, head, lost }, vouched);
      if (finding !== null) findings.add({ where: 'log', offsetBytes: offsetOf(ring, copy, place), ...finding });
    }
  }
}

/**
 * Only a claim made in T … H counts: before the log began again at T, blocks of which one copy was in flight at a cut were
 * taken for durable.
 */
function vouchedIn(ring: Ring, tail: number, head: number): number {
  let vouched = -1;
  for (let s = tail; s <= head; s++) if (ring.has(s)) vouched = Math.max(vouched, ring.claimOf(s));
  return Math.min(vouched, head);
}

function findingAt(
  ring: Ring,
  copy: 0 | 1,
  place: number,
  { tail, head, lost }: Extent,
  vouched: number,
): Pick<JournalFinding, 'problem' | 'effect' | 'class'> | null {
  const { ringBlocks } = ring.layout;
  // The block that the lap up to H has in this place.
  const s = head - ((((head - place) % ringBlocks) + ringBlocks) % ringBlocks);
  const isEvidence = s >= tail && s >= 0;
  const problem = ring.problemAt(copy, place);
  if (problem === null) {
    if (!isEvidence || s > vouched || ring.state(copy, s) !== 'older') return null;
    const told = ring.has(s)
      ? 'the other copy has it'
      : lost === null
        ? 'it held no record'
        : 'the other copy does not have it';
    const older = ring.foundInPlaceOf(copy, s);
    return {
      problem: `block ${s} was durable here, and block ${older} of before is found; ${told}`,
      effect: 'ignored',
      class: 'indicator-rot',
    };
  }
  const inFlight = isEvidence ? s > vouched : s + ringBlocks <= head + inFlightBlocksMax(ringBlocks);
  const isCause = lost !== null && ring.placeOf(lost) === place;
  return { problem, effect: isCause ? 'everything-dirty' : 'repaired', class: classOf(problem, inFlight) };
}

function offsetOf(ring: Ring, copy: 0 | 1, place: number): number {
  return ring.layout.logOffset[copy] + place * BLOCK_BYTES;
}

// ── what the records say ─────────────────────────────────────────────────────────────────────────────────────────────

interface Replayed {
  dirty: Set<number>;
  active: number;
  highest: number;
  /** A block that was there when the ring was looked through, and is not any more. */
  lost: number | null;
}

const NOTHING: Replayed = { dirty: new Set(), active: 0, highest: 0, lost: null };

function replay(ring: Ring, tail: number, head: number, regionCount: number, readPlace: PlaceReader): Replayed {
  const locations = new Map<number, Set<number>>();
  let highest = 0;
  for (let s = tail; s <= head; s++) {
    // Not there: it held no record.
    if (!ring.has(s)) continue;
    const block = readAgain(ring, s, readPlace);
    if (block === null) return { ...NOTHING, lost: s };
    for (const r of block.records) {
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
  return { dirty, active: locations.size, highest, lost: null };
}

/** Block s with its records, from a copy that has it. */
export function readAgain(ring: Ring, s: number, readPlace: PlaceReader): LogBlock | null {
  for (const copy of COPIES) {
    if (ring.state(copy, s) !== 'valid') continue;
    const block = readPlace(copy, ring.placeOf(s));
    if (typeof block !== 'string' && block.sequence === s) return block;
  }
  return null;
}
