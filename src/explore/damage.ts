/**
 * Damage that a journal device should never do, to one block or to a block and its copy, after any crash: R12 says that it
 * may cost, but never hide; and that damage to one copy costs nothing where the other tells.
 */
import { readU64, viewOf } from '../tracker/journal/block.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, HEADER_BYTES } from '../tracker/journal/layout.js';
import type { JournalLayout } from '../tracker/journal/layout.js';
import { applyPatterns } from './crashImages.js';
import { trulyDifferingRegions } from './differing.js';
import type { Violation } from './invariants.js';
import { regionsText } from './invariants.js';
import type { JournalImage } from './journalDevice.js';
import { journalWrite, withWrite } from './journalDevice.js';
import type { DamageStep } from './steps.js';
import type { Stage, World } from './world.js';

const GARBAGE = Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => (i * 167 + 13) & 0xff);
const ZERO = new Uint8Array(BLOCK_BYTES);

export function damaged(image: JournalImage, place: number, block: number): JournalImage {
  const write = {
    ordinal: -1,
    kind: 'log' as const,
    tag: -1,
    blocksPerCopy: 1,
    places: [place],
    blocks: [block],
    note: 'damage',
  };
  return withWrite(image, journalWrite(write, image.store), () => true);
}

/** Where the other copy of a block lies, in blocks of the device. */
export function counterpart(layout: JournalLayout, place: number): number {
  for (const [a, b] of [layout.pagesOffset, layout.logOffset, layout.superblockOffset]) {
    const [first, second] = [a / BLOCK_BYTES, b / BLOCK_BYTES];
    if (place >= second) return place - (second - first);
    if (place >= first) return place + (second - first);
  }
  throw new RangeError(`block ${place}: must lie on the journal`);
}

/** A crash leaves what is durable and `step.journal` of what is pending; then the step's damage is done. */
export function judgeDamage(world: World, step: DamageStep): Violation | null {
  const { stage, journal } = world;
  const crashed = applyPatterns(journal.durable, journal.pending, step.journal ?? []);
  const image = imageAfter(stage, crashed, step);
  if (image === null || !mustBeSafe(stage, crashed, step)) return null;
  const { dirtyMask } = stage.recoveries.of(image);
  stage.effects.damagedJournals++;
  const lost = trulyDifferingRegions(world) & ~dirtyMask;
  const what = `block ${step.place} of the journal is ${step.kind}`;
  if (lost !== 0)
    return {
      rule: 'R12',
      detail: `${what}, and ${regionsText(lost)} differ and are clean (D = ${regionsText(dirtyMask)})`,
      journal: null,
    };
  const excess = dirtyMask & ~dirtyWithout(stage, crashed, step);
  if (excess === 0 || !mustCostNothing(world, crashed, step)) return null;
  return {
    rule: 'I4',
    detail: `${what}, the other copy tells, and ${regionsText(excess)} are dirty for it`,
    journal: null,
  };
}

function imageAfter(stage: Stage, image: JournalImage, { place, kind }: DamageStep): JournalImage | null {
  const { store, layout, formatted } = stage;
  const garbage = store.intern(GARBAGE, 0);
  const other = counterpart(layout, place);
  switch (kind) {
    case 'garbage':
      return damaged(image, place, garbage);
    case 'zero':
      return damaged(image, place, store.intern(ZERO, 0));
    case 'lost':
      return damaged(image, place, formatted.blocks[place]);
    case 'both':
    case 'torn':
      return damaged(damaged(image, place, garbage), other, garbage);
    case 'lost and garbage':
      return damaged(damaged(image, place, formatted.blocks[place]), other, garbage);
  }
}

/** A block lost by one copy and damaged in the other may be the newest commit, which then was never made (logRing.ts). */
function mustBeSafe({ store, recoveries, layout }: Stage, image: JournalImage, { place, kind }: DamageStep): boolean {
  if (kind !== 'lost and garbage' || !isLog(layout, place)) return true;
  const sequence = readU64(viewOf(store.bytesOf(image.blocks[place])), 32);
  return sequence <= recoveries.of(image).vouchedThrough;
}

/** Damage to one copy; or to both where neither was written for good, and the rest of the unit tells. */
function mustCostNothing(
  { stage, journal }: World,
  image: JournalImage,
  { place, kind, journal: landed = [] }: DamageStep,
): boolean {
  const { layout } = stage;
  if (kind === 'both' || kind === 'lost and garbage') return false;
  if (kind === 'torn')
    return landed.length === 0 && journal.pending.some((w) => w.kind === 'log' && w.places.includes(place));
  const isPage = !isLog(layout, place) && place >= layout.pagesOffset[0] / BLOCK_BYTES;
  return !isPage || isWhole(stage, image, counterpart(layout, place));
}

/** D without the damage; of a block that may have been in flight, also what is dirty when it has not arrived. */
function dirtyWithout(stage: Stage, image: JournalImage, { place }: DamageStep): number {
  const { recoveries, formatted } = stage;
  const { dirtyMask } = recoveries.of(image);
  return mayBeInFlight(stage, image, place)
    ? dirtyMask | recoveries.of(damaged(image, place, formatted.blocks[place])).dirtyMask
    : dirtyMask;
}

function mayBeInFlight({ recoveries, layout, store }: Stage, image: JournalImage, place: number): boolean {
  const bytes = store.bytesOf(image.blocks[place]);
  if (isLog(layout, place)) return readU64(viewOf(bytes), 32) > recoveries.of(image).vouchedThrough;
  // A page that is being written: its copies do not say the same.
  const other = store.bytesOf(image.blocks[counterpart(layout, place)]);
  return bytes.some((byte, i) => i >= HEADER_BYTES && byte !== other[i]);
}

function isLog(layout: JournalLayout, place: number): boolean {
  return place >= layout.logOffset[0] / BLOCK_BYTES && place < layout.pagesOffset[0] / BLOCK_BYTES;
}

/** The unit of the place is of one generation: no write to it was torn. */
function isWhole({ store }: Stage, image: JournalImage, place: number): boolean {
  const first = place - (place % BLOCKS_PER_UNIT);
  const generation = (at: number): number => readU64(viewOf(store.bytesOf(image.blocks[at])), 32);
  for (let b = 1; b < BLOCKS_PER_UNIT; b++) if (generation(first + b) !== generation(first)) return false;
  return true;
}

/** Damage to try in this state: `round` says where, `patterns` what of the pending writes has landed. */
export function damagesFor(world: World, round: number, patterns: number[]): DamageStep[] {
  const place = damagedPlace(world, round);
  const steps: DamageStep[] = (['garbage', 'both', 'lost and garbage', round % 2 === 0 ? 'lost' : 'zero'] as const).map(
    (kind) => ({
      do: 'damage',
      place,
      kind,
      journal: patterns,
    }),
  );
  const torn = world.journal.pending.find((w) => w.kind === 'log');
  if (torn !== undefined && torn.places.length > 0) steps.push({ do: 'damage', place: torn.places[0], kind: 'torn' });
  return steps;
}

/** Mostly the first of a unit that has been written, where the records are; now and then any, or where the log goes on. */
function damagedPlace({ journal, stage, core }: World, round: number): number {
  const { blocks } = journal.durable;
  const written = [...blocks.keys()].filter((i) => blocks[i] !== stage.formatted.blocks[i]);
  const firsts = written.filter((i) => i % BLOCKS_PER_UNIT === 0);
  const pick = round % 8;
  const random = Math.imul(round, 0x9e3779b1) >>> 8;
  const { logOffset, ringBlocks } = stage.layout;
  if (pick === 6) return logOffset[random % 2] / BLOCK_BYTES + (core.log.nextSequence % ringBlocks);
  const from = pick < 4 ? firsts : pick < 6 ? written : [...blocks.keys()];
  return from.length === 0 ? 0 : from[random % from.length];
}
