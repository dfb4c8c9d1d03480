/**
 * The kill model: which unflushed writes survive a power cut. Pure except for the seeded stream that it draws from.
 *
 * Promises: the same writes and the same stream give the same survivors. Survivors that overlap keep their order,
 * because the cache applies them oldest first. Does not damage data: garbage and torn durable writes are faults
 * (src/lab/faults).
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

/** The model of one cut. `mixed` draws one per cut, so that a campaign has cuts with scattered, total and no losses. */
export function killOfCut(kill: KillSpec, random: Random): KillSpec {
  return kill.model === 'mixed' ? { ...kill, model: MODELS[random.below(MODELS.length)] } : kill;
}

/**
 * Decides one unflushed write. `keep-drop` always takes two draws, so that the length of a write changes no other's
 * fate.
 */
export function decideFate(kill: KillSpec, random: Random, lengthBytes: number, keep: KeepPiece): WriteFate {
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

/** Keeps each sector with probability 0.5; consecutive kept sectors are one piece. */
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
