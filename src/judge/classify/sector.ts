/**
 * Checks one sector against what its block must hold: whether it is legal, and if not, what is wrong with it. Then one
 * write: adjacent blocks of a chunk with the same update are what can be seen of it; is it there, in part, or missing?
 * The tally finds the classes that need many writes.
 */
import type { StorageArea } from '../../base/areas.js';
import { OBSERVATION_FIELD, OBSERVED, OBSERVED_UNREADABLE, SECTORS_PER_BLOCK } from '../../base/observation.js';
import { BLOCK_MARK } from '../history/areaHistory.js';
import type { BlockState } from '../history/blockPages.js';
import { examine } from './autopsy.js';
import type { WriteHistory } from '../history/history.js';
import { isUnknownBase } from '../history/adopt.js';
import type { AreaTally, UnclassifiedFinding } from './tally.js';

/** What a block must hold, copied from the history once for each block. */
export interface BlockOwed extends BlockState {
  runId: number;
  base: WriteHistory['content'];
}

/** `acknowledged` is 0 on S: I2 demands acknowledged updates on P only. */
export function owedOf(area: StorageArea, block: number, history: WriteHistory): BlockOwed {
  const { runId, content: base } = history;
  const owed: BlockOwed = { durable: 0, issued: 0, damaged: 0, marks: 0, acknowledged: 0, runId, base };
  history.area(area).read(block, owed);
  return owed;
}

/** The update that a sector holds, or -1 if it holds no update of this run that belongs there. */
export function heldId(observations: Float64Array, at: number, lba: number, owed: BlockOwed): number {
  const F = OBSERVATION_FIELD;
  const kind = observations[at + F.kind]!;
  if (isUnknownBase(owed, kind, observations[at + F.runId]!)) return 0;
  const isOurs =
    kind === OBSERVED.valid && observations[at + F.runId] === owed.runId && observations[at + F.lba] === lba;
  return isOurs ? observations[at + F.updateId]! : -1;
}

/** The block was written since the history last adopted it, and its newest update need not have survived. */
export function isInFlight(owed: BlockOwed): boolean {
  return (owed.marks & BLOCK_MARK.touched) !== 0 && owed.issued > owed.durable;
}

export function isLegal(id: number, owed: BlockOwed): boolean {
  return id >= owed.durable && id <= owed.issued;
}

/** An earlier pass reported the sector as wrong, and it still holds no version. */
export function isKnownDamage(lba: number, id: number, owed: BlockOwed): boolean {
  return id === -1 && (owed.damaged & (1 << (lba % SECTORS_PER_BLOCK))) !== 0;
}

function foundText(observations: Float64Array, at: number, owed: BlockOwed): string {
  const F = OBSERVATION_FIELD;
  const kind = observations[at + F.kind]!;
  if (kind === OBSERVED_UNREADABLE) return 'unreadable';
  if (kind === OBSERVED.zero) return 'zeros';
  if (kind === OBSERVED.foreign) return 'no stamp';
  const run = observations[at + F.runId] === owed.runId ? '' : ` of run ${observations[at + F.runId]!}`;
  const stamp = `update ${observations[at + F.updateId]!}${run} for LBA ${observations[at + F.lba]!}`;
  return kind === OBSERVED.corrupt ? `CRC fails; header says ${stamp}` : stamp;
}

export function findingOf(observations: Float64Array, at: number, lba: number, owed: BlockOwed): UnclassifiedFinding {
  const expected = owed.durable === owed.issued ? `update ${owed.durable}` : `update ${owed.durable} … ${owed.issued}`;
  return { lba, expected, found: foundText(observations, at, owed) };
}

/** Noise in a block with a write in flight, or in any other block. */
function noiseClass(owed: BlockOwed): 'garbage' | 'collateral' {
  return isInFlight(owed) ? 'garbage' : 'collateral';
}

/** Without the raw bytes the header decides. A shorn sector has the header of the write in flight. */
function classByHeader(observations: Float64Array, at: number, lba: number, owed: BlockOwed): string {
  const F = OBSERVATION_FIELD;
  if (observations[at + F.kind] === OBSERVED.foreign) return noiseClass(owed);
  const id = observations[at + F.updateId]!;
  const right = [
    observations[at + F.runId] === owed.runId,
    observations[at + F.lba] === lba,
    id >= 0 && id <= owed.issued,
  ];
  if (right.filter(Boolean).length < 2) return noiseClass(owed);
  return id > owed.durable && id <= owed.issued ? 'shorn' : 'bit-corruption';
}

/** What is known beside a sector's observation. */
interface BlockContext {
  /** The newest version in the sector's block. */
  newestHeld: number;
  /** The raw bytes of the sector; null: not available. */
  bytes: Uint8Array | null;
}

/** Counts a sector that fails its CRC or has no magic. */
function tallyBroken(
  tally: AreaTally,
  observations: Float64Array,
  at: number,
  finding: UnclassifiedFinding,
  owed: BlockOwed,
  { bytes, newestHeld }: BlockContext,
): void {
  if (bytes === null || tally.autopsiesLeft === 0) {
    tally.addFault(classByHeader(observations, at, finding.lba, owed), finding);
    return;
  }
  tally.autopsiesLeft--;
  const autopsy = examine(bytes, { runId: owed.runId, lba: finding.lba }, [owed.issued, owed.durable, newestHeld]);
  switch (autopsy.cause) {
    case 'flipped':
      finding.found = `update ${autopsy.updateId} with ${autopsy.bits} bits flipped`;
      return tally.addFlipped(autopsy.mask, finding);
    case 'shorn':
      finding.found = `${autopsy.prefixBytes} bytes of update ${autopsy.updateId}, then something else`;
      return tally.addFault('shorn', finding);
    case 'noise':
      finding.found = 'no version of this sector';
      return tally.addFault(noiseClass(owed), finding);
  }
}

/** Counts a sector that holds no version of this run that belongs there, or one that was never issued. */
export function tallyWrong(
  tally: AreaTally,
  observations: Float64Array,
  at: number,
  lba: number,
  owed: BlockOwed,
  context: BlockContext,
): void {
  const F = OBSERVATION_FIELD;
  const finding = findingOf(observations, at, lba, owed);
  switch (observations[at + F.kind]) {
    case OBSERVED_UNREADABLE:
      return tally.addUnreadable(finding);
    case OBSERVED.zero:
      return tally.addFault('region-loss', finding);
    case OBSERVED.foreign:
    case OBSERVED.corrupt:
      return tallyBroken(tally, observations, at, finding, owed, context);
  }
  // A stamp of another run, or an update that was never issued to this block: this load did not write it here.
  const misdirected = observations[at + F.runId] === owed.runId && observations[at + F.lba] !== lba;
  tally.addFault(misdirected ? 'misdirected-write' : 'foreign', finding);
}

/** Follows the newest write of each block: it was in flight and may legally be missing. */
export class InFlightRun {
  private readonly tally: AreaTally;
  private updateId = -1;
  private present = false;
  private olderSectors = 0;

  constructor(tally: AreaTally) {
    this.tally = tally;
  }

  block(owed: BlockOwed): void {
    const updateId = isInFlight(owed) ? owed.issued : -1;
    if (updateId === this.updateId) return;
    this.end();
    this.updateId = updateId;
  }

  /** A legal sector of the block. */
  sector(heldId: number): void {
    if (heldId === this.updateId) this.present = true;
    else this.olderSectors++;
  }

  end(): void {
    if (this.present) {
      this.tally.addSurvivorInFlight(this.updateId);
      this.tally.addLegal('torn-inflight', this.olderSectors);
    } else if (this.olderSectors > 0) this.tally.addLostInFlight(this.updateId, this.olderSectors);
    this.present = false;
    this.olderSectors = 0;
  }
}

/** Follows the newest durable write of each block: it must be there. */
export class DurableRun {
  private readonly tally: AreaTally;
  private updateId = -1;
  private present = false;
  private lost: { finding: UnclassifiedFinding; age: number; marks: number }[] = [];

  constructor(tally: AreaTally) {
    this.tally = tally;
  }

  block(owed: BlockOwed): void {
    if (owed.durable === this.updateId) return;
    this.end();
    this.updateId = owed.durable;
  }

  /** A sector of the block holds the durable update itself. */
  found(): void {
    this.present = true;
  }

  /** A sector of the block holds an older update. `age`: updates issued since the durable one. */
  lostSector(finding: UnclassifiedFinding, age: number, marks: number): void {
    this.lost.push({ finding, age, marks });
  }

  end(): void {
    for (const { finding, age, marks } of this.lost) {
      if (this.present) this.tally.addFault('torn-durable', finding);
      // No write to this block since the last pass: no flush of this load has made it durable.
      else if ((marks & BLOCK_MARK.touched) === 0) this.tally.addFault('lost-write', finding);
      else this.tally.addLost(age, this.updateId, (marks & BLOCK_MARK.fua) !== 0, finding);
    }
    this.present = false;
    this.lost = [];
  }
}
