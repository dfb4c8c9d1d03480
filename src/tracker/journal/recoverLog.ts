/**
 * Recovery from the log ring: `L[t]` of every active transaction (R11), and where the log may continue.
 *
 * Method. Every place of both copies is read (logRing.ts). Each block states the block up to which the log was durable
 * when it was made; D is the highest of them. Blocks after D are taken while they follow each other without a gap, up
 * to H. The tail of H, T, is where evidence begins: it is in T … H. Blocks behind a gap after H belong to commits that
 * were in flight. No data was submitted that relied on them, and their releases must not count. The table in logRing.ts
 * decides about blocks that one or both copies do not have.
 *
 * All damage is listed: as a fault of the device where both copies had been durable and where the device fails to read
 * a block, as torn where a write may have been in flight. Blocks that only one copy has lost are repaired from the
 * other (repairLog.ts).
 */
import { classOf, type Findings } from './findings.js';
import type { JournalFinding } from '../../base/finding.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, inFlightBlocksMax, type JournalLayout } from './layout.js';
import type { LogBlock } from './logBlock.js';
import { COPIES, LogTable, Ring, type PlaceReader } from './logRing.js';
import { EvidenceReplay } from './evidenceReplay.js';

export interface LogRecovery {
  /** Evidence is lost in both copies: every region must be treated as dirty. */
  damaged: boolean;
  /** The regions in `L[t]` of active transactions; null when the log is damaged. */
  evidence: EvidenceReplay | null;
  /** T, H and the highest sequence number in any place. */
  tail: number;
  head: number;
  highest: number;
  /** All blocks up to this one are durable in both copies: new blocks may state it. */
  durableThrough: number;
  /** The log continues with this block. */
  firstSequence: number;
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
  const replayed = extent.lost ?? replay(ring, tail, head, regionCount, readPlace);
  const lost = typeof replayed === 'number' ? replayed : null;
  report(ring, { ...extent, lost }, findings);
  return {
    damaged: lost !== null,
    evidence: typeof replayed === 'number' ? null : replayed,
    tail,
    head,
    highest: ring.highest,
    durableThrough: durableThrough(ring, head),
    firstSequence: Math.ceil((Math.max(ring.highest, head) + 1) / BLOCKS_PER_UNIT) * BLOCKS_PER_UNIT,
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
 * H may be in one copy only, because its commit was in flight. No block may state that H was durable: when that copy is
 * damaged later, recovery would otherwise not know that H held evidence.
 */
function durableThrough(ring: Ring, head: number): number {
  let s = ring.durable;
  while (s < head && ring.state(0, s + 1) === 'valid' && ring.state(1, s + 1) === 'valid') s++;
  return s;
}

// ── findings ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function report(ring: Ring, { tail, head, lost }: Extent, findings: Findings): void {
  const durable = lost === null ? durableIn(ring, tail, head) : ring.durable;
  if (lost !== null) {
    const wasDurable = lost <= durable;
    findings.add({
      where: 'log',
      offsetBytes: offsetOf(ring, 0, ring.placeOf(lost)),
      problem: wasDurable
        ? `neither copy has block ${lost}, which was durable; evidence is in blocks ${tail} … ${head}`
        : `neither copy of block ${lost} is valid; it follows the last block of the log and may have been durable`,
      effect: 'everything-dirty',
      class: wasDurable ? 'indicator-rot' : 'indicator-torn',
    });
  }
  for (const copy of COPIES) {
    for (let place = 0; place < ring.layout.ringBlocks; place++) {
      const finding = findingAt(ring, copy, place, { tail, head, lost }, durable);
      if (finding !== null) findings.add({ where: 'log', offsetBytes: offsetOf(ring, copy, place), ...finding });
    }
  }
}

/**
 * The last block that was durable in both copies. Only statements of blocks in T … H count: an earlier recovery may
 * have started again at T after a cut, and blocks before it may have been in flight in one copy.
 */
function durableIn(ring: Ring, tail: number, head: number): number {
  let durable = -1;
  for (let s = tail; s <= head; s++) if (ring.has(s)) durable = Math.max(durable, ring.durableThroughOf(s));
  return Math.min(durable, head);
}

function findingAt(
  ring: Ring,
  copy: 0 | 1,
  place: number,
  { tail, head, lost }: Extent,
  durable: number,
): Pick<JournalFinding, 'problem' | 'effect' | 'class'> | null {
  const { ringBlocks } = ring.layout;
  // The block that belongs in this place in the lap that ends with H.
  const s = head - ((((head - place) % ringBlocks) + ringBlocks) % ringBlocks);
  const isEvidence = s >= tail && s >= 0;
  const problem = ring.problemAt(copy, place);
  if (problem === null) {
    if (!isEvidence || s > durable || ring.state(copy, s) !== 'older') return null;
    const rest = ring.has(s)
      ? 'the other copy has it'
      : lost === null
        ? 'it held no record'
        : 'the other copy does not have it';
    const older = ring.foundInPlaceOf(copy, s);
    return {
      problem: `block ${s} was durable here, but the older block ${older} is found; ${rest}`,
      effect: 'ignored',
      class: 'indicator-rot',
    };
  }
  const inFlight = isEvidence ? s > durable : s + ringBlocks <= head + inFlightBlocksMax(ringBlocks);
  const isCause = lost !== null && ring.placeOf(lost) === place;
  return { problem, effect: isCause ? 'everything-dirty' : 'repaired', class: classOf(problem, inFlight) };
}

function offsetOf(ring: Ring, copy: 0 | 1, place: number): number {
  return ring.layout.logOffset[copy] + place * BLOCK_BYTES;
}

// ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Replays the blocks T … H. Returns a block's number when it was valid at the first read, and is not at the second. */
function replay(
  ring: Ring,
  tail: number,
  head: number,
  regionCount: number,
  readPlace: PlaceReader,
): EvidenceReplay | number {
  const evidence = new EvidenceReplay(regionCount);
  for (let s = head; s >= tail; s--) {
    // Neither copy has it: then it held no record (LogTable).
    if (!ring.has(s)) continue;
    const block = readAgain(ring, s, readPlace);
    if (block === null) return s;
    for (let i = block.records.length - 1; i >= 0; i--) {
      const { kind, transaction, firstRegion, regions } = block.records[i];
      evidence.take(kind, transaction, firstRegion, regions);
    }
  }
  return evidence;
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
