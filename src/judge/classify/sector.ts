/**
 * One sector against what its block owes: is it legal, and if not, what is wrong with it. Versions that are too old are
 * left to runs.ts, the bulk classes to the tally.
 */
import type { StorageArea } from '../../base/areas.js';
import { OBSERVATION_FIELD, OBSERVED, OBSERVED_UNREADABLE, SECTORS_PER_BLOCK } from '../../base/observation.js';
import { BLOCK_MARK } from '../history/areaHistory.js';
import { examine } from './autopsy.js';
import type { WriteHistory } from '../history/history.js';
import { isUnknownBase } from '../history/adopt.js';
import type { AreaTally, Finding } from './tally.js';

/** What a block owes, copied out of the history once a block. */
export interface BlockOwed {
  durable: number;
  issued: number;
  acknowledged: number;
  marks: number;
  damaged: number;
  runId: number;
  base: WriteHistory['content'];
}

/** `acknowledged` is 0 on S: what the application was promised is owed by P (I2). */
export function owedOf(area: StorageArea, block: number, history: WriteHistory): BlockOwed {
  const ledger = history.area(area);
  return {
    durable: ledger.durable[block]!,
    issued: ledger.issued[block]!,
    acknowledged: area === 'primary' ? history.acknowledged[block]! : 0,
    marks: ledger.marks[block]!,
    damaged: ledger.damaged[block]!,
    runId: history.runId,
    base: history.content,
  };
}

/** The update a sector holds, or -1 when it holds none of this run that belongs there. */
export function heldId(observations: Float64Array, at: number, lba: number, owed: BlockOwed): number {
  const F = OBSERVATION_FIELD;
  const kind = observations[at + F.kind]!;
  if (isUnknownBase(owed, kind, observations[at + F.runId]!)) return 0;
  const isOurs =
    kind === OBSERVED.valid && observations[at + F.runId] === owed.runId && observations[at + F.lba] === lba;
  return isOurs ? observations[at + F.updateId]! : -1;
}

/** Written since it was last settled, and what was written last need not have survived. */
export function isInFlight(owed: BlockOwed): boolean {
  return (owed.marks & BLOCK_MARK.touched) !== 0 && owed.issued > owed.durable;
}

export function isLegal(id: number, owed: BlockOwed): boolean {
  return id >= owed.durable && id <= owed.issued;
}

/** Found wrong by an earlier judgement, reported then, and still without any version. */
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

export function findingOf(observations: Float64Array, at: number, lba: number, owed: BlockOwed): Finding {
  const expected = owed.durable === owed.issued ? `update ${owed.durable}` : `update ${owed.durable} … ${owed.issued}`;
  return { lba, expected, found: foundText(observations, at, owed) };
}

/** Noise in a block that had a write in flight, or in one that nobody was writing. */
function noiseClass(owed: BlockOwed): 'garbage' | 'collateral' {
  return isInFlight(owed) ? 'garbage' : 'collateral';
}

/** Without the bytes: how much of the header is right. A sector shorn has the header of the write in flight. */
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

/** Counts a sector that fails its CRC or carries no magic. */
function tallyBroken(
  tally: AreaTally,
  observations: Float64Array,
  at: number,
  finding: Finding,
  owed: BlockOwed,
  { bytes, newestHeld }: { newestHeld: number; bytes: Uint8Array | null },
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

/**
 * Counts a sector that holds no version of this run that belongs there, or one that was never issued. `newestHeld`: by
 * other sectors of its block; `bytes`: the sector itself, where at hand.
 */
export function tallyWrong(
  tally: AreaTally,
  observations: Float64Array,
  at: number,
  lba: number,
  owed: BlockOwed,
  evidence: { newestHeld: number; bytes: Uint8Array | null },
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
      return tallyBroken(tally, observations, at, finding, owed, evidence);
  }
  // Another run's stamp, or an update that was never issued to this block: whoever wrote it, it was not this load.
  const misdirected = observations[at + F.runId] === owed.runId && observations[at + F.lba] !== lba;
  tally.addFault(misdirected ? 'misdirected-write' : 'foreign', finding);
}
