/**
 * Damage that a journal device should never do, one block at a time: R12 says that it may cost, but never hide. A block
 * that was durable is garbage, or has its old content again (a write that was lost although it was reported done).
 */
import { BLOCK_BYTES } from '../journal/layout.js';
import type { Violation } from './invariants.js';
import { differingRegions, regionsText } from './invariants.js';
import type { JournalImage } from './journalDevice.js';
import { journalWrite, withWrite } from './journalDevice.js';
import type { DamageStep } from './steps.js';
import type { World } from './world.js';

const GARBAGE = Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => (i * 167 + 13) & 0xff);

export function damaged(image: JournalImage, place: number, block: number): JournalImage {
  const write = { ordinal: -1, kind: 'log' as const, tag: -1, blocksPerCopy: 1, places: [place], blocks: [block], note: 'damage' };
  return withWrite(image, journalWrite(write, image.store), () => true);
}

/** The crash leaves `place` of what is durable damaged: garbage, or as it was after formatting. */
export function judgeDamage(world: World, { place, kind }: DamageStep): Violation | null {
  const { stage, journal } = world;
  if (journal.pending.length > 0 && kind === 'lost') return null;
  const block = kind === 'garbage' ? stage.store.intern(GARBAGE, 0) : stage.formatted.blocks[place];
  const { dirtyMask } = stage.recoveries.of(damaged(journal.durable, place, block));
  stage.effects.damagedJournals++;
  const lost = differingRegions(world) & ~dirtyMask;
  if (lost === 0) return null;
  return { rule: 'R12', detail: `block ${place} of the journal is ${kind}, and ${regionsText(lost)} differ and are clean (D = ${regionsText(dirtyMask)})`, journal: null };
}
