/**
 * The kill model: what a volatile cache leaves behind when the power goes. Pure but for the seeded stream it draws from.
 *
 * Promises: the same writes and the same stream give the same survivors; survivors that overlap keep their order (they
 * are applied oldest first). Does not damage data: garbage and torn durable writes are faults (src/lab/faults).
 */
import type { KillModel } from '../spec.js';
import type { Random } from '../random.js';
import { SECTOR_BYTES } from './device.js';

export interface KillSpec {
  model: KillModel;
  keepProbability: number;
  tearProbability: number;
}

/** Called for each piece of an unflushed write that survives, relative to the write's start. */
export type KeepPiece = (startBytes: number, lengthBytes: number) => void;

export type WriteFate = 'dropped' | 'kept' | 'torn';

const MODELS = ['keep-drop', 'drop', 'keep'] as const;

/** The model of one cut: `mixed` draws one, so that a campaign meets both scattered losses and whole caches gone. */
export function killOfCut(kill: KillSpec, random: Random): KillSpec {
  return kill.model === 'mixed' ? { ...kill, model: MODELS[random.below(MODELS.length)] } : kill;
}

/** Decides one unflushed write; two draws for each in `keep-drop`, so fates do not shift with lengths of others. */
export function settleWrite(kill: KillSpec, random: Random, lengthBytes: number, keep: KeepPiece): WriteFate {
  if (kill.model === 'drop') return 'dropped';
  if (kill.model === 'keep') {
    keep(0, lengthBytes);
    return 'kept';
  }
  const survives = random.chance(kill.keepProbability);
  const torn = random.chance(kill.tearProbability);
  if (!survives) return 'dropped';
  if (!torn || lengthBytes <= SECTOR_BYTES) {
    keep(0, lengthBytes);
    return 'kept';
  }
  keepSomeSectors(random, lengthBytes, keep);
  return 'torn';
}

/** Each sector is kept or dropped by a fair coin; runs of kept sectors are reported as one piece. */
export function keepSomeSectors(random: Random, lengthBytes: number, keep: KeepPiece): void {
  let runStart = -1;
  for (let at = 0; at < lengthBytes; at += SECTOR_BYTES) {
    const kept = random.chance(0.5);
    if (kept && runStart < 0) runStart = at;
    if (!kept && runStart >= 0) {
      keep(runStart, at - runStart);
      runStart = -1;
    }
  }
  if (runStart >= 0) keep(runStart, lengthBytes - runStart);
}
