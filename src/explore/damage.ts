/**
 * Damage to the journal after a crash, to one block or to a block and its copy. R12: damage may make regions dirty, but
 * must never hide a region that differs. I4: damage to one copy makes no region dirty if the other copy is readable.
 */
import { readU64, viewOf } from '../tracker/journal/block.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, HEADER_BYTES, type JournalLayout } from '../tracker/journal/layout.js';
import { applyPatterns } from './crashImages.js';
import { trulyDifferingRegions } from './worldMemory.js';
import { regionsText, type Violation } from './invariants.js';
import { type JournalImage, journalWrite, withWrite } from './journalDevice.js';
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

/** The block of the device that holds the other copy of this block. */
export function counterpart(layout: JournalLayout, place: number): number {
  for (const [a, b] of [layout.pagesOffset, layout.logOffset, layout.superblockOffset]) {
    const [first, second] = [a / BLOCK_BYTES, b / BLOCK_BYTES];
    if (place >= second) return place - (second - first);
    if (place >= first) return place + (second - first);
  }
  throw new RangeError(`block ${place} is not on the journal`);
}

/** The crash leaves the durable content and `step.journal` of the pending writes; then the block is damaged. */
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
    detail: `${what}, the other copy is readable, and the damage makes ${regionsText(excess)} dirty`,
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

/** If one copy of a block is lost and the other damaged, it may be the newest commit, never completed (logRing.ts). */
function mustBeSafe({ store, recoveries, layout }: Stage, image: JournalImage, { place, kind }: DamageStep): boolean {
  if (kind !== 'lost and garbage' || !isLog(layout, place)) return true;
  const sequence = readU64(viewOf(store.bytesOf(image.blocks[place])), 32);
  return sequence <= recoveries.of(image).vouchedThrough;
}

/** Damage to one copy; or to both, if the write was in flight and the rest of the unit shows that. */
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
  return !isPage || isOneGeneration(stage, image, counterpart(layout, place));
}

/** D without the damage. If the block may have been in flight, also D without the block. */
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
  // A page whose write was in flight: its copies differ.
  const other = store.bytesOf(image.blocks[counterpart(layout, place)]);
  return bytes.some((byte, i) => i >= HEADER_BYTES && byte !== other[i]);
}

function isLog(layout: JournalLayout, place: number): boolean {
  return place >= layout.logOffset[0] / BLOCK_BYTES && place < layout.pagesOffset[0] / BLOCK_BYTES;
}

/** All blocks of the unit have one generation: no write to it was torn. */
function isOneGeneration({ store }: Stage, image: JournalImage, place: number): boolean {
  const first = place - (place % BLOCKS_PER_UNIT);
  const generation = (at: number): number => readU64(viewOf(store.bytesOf(image.blocks[at])), 32);
  for (let b = 1; b < BLOCKS_PER_UNIT; b++) if (generation(first + b) !== generation(first)) return false;
  return true;
}

/**
 * Damage to check in this state: `round` selects the block; `patterns` are the parts of pending writes that are there.
 */
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

/**
 * In most rounds the first block of a written unit, which has the records; else any block, or the next one of the log.
 */
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
