/**
 * Damage to one block of one copy, anywhere in superblocks, log and indicator area: recovery finds exactly the regions
 * that it finds without the damage, lists the damage, and does not find it again after the repair. All blocks, both
 * copies, of a log in use and of an empty one; and exactly what damage to both copies costs.
 */
import { describe, expect, it } from 'vitest';
import { counterpart, damaged } from '../../../src/explore/damage.js';
import { expectedJournal } from '../../../src/explore/stage.js';
import type { JournalImage } from '../../../src/explore/journalDevice.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT } from '../../../src/tracker/journal/layout.js';
import { recoverJournal, type JournalRecovery } from '../../../src/tracker/journal/recovery.js';
import { atRest, degraded, empty, inFlight, type Populated } from './populated.js';

const ALL_REGIONS = 0b1111;

function bytesOf(image: JournalImage): Uint8Array {
  const bytes = new Uint8Array(image.blocks.length * BLOCK_BYTES);
  image.blocks.forEach((id, i) => bytes.set(image.store.bytesOf(id), i * BLOCK_BYTES));
  return bytes;
}

/** `bad`: blocks that the device fails to read, alone or with others. */
function recoverBytes(p: Populated, bytes: Uint8Array, bad: readonly number[] = []): JournalRecovery {
  return recoverJournal(expectedJournal(p.stage.scene), (offset, length) => {
    const hit = bad.some((b) => b * BLOCK_BYTES < offset + length && (b + 1) * BLOCK_BYTES > offset);
    return hit ? null : bytes.subarray(offset, offset + length);
  });
}

function mask(r: JournalRecovery): number {
  return [...r.dirty.regions()].reduce((m, region) => m | (1 << region), 0);
}

function places(p: Populated): number[] {
  return [...p.image.blocks.keys()].filter((i) => i >= 2 * BLOCKS_PER_UNIT || i % BLOCKS_PER_UNIT === 0);
}

function isLog(p: Populated, place: number): boolean {
  const { logOffset, pagesOffset } = p.stage.layout;
  return place >= logOffset[0] / BLOCK_BYTES && place < pagesOffset[0] / BLOCK_BYTES;
}

function isSuperblock(place: number): boolean {
  return place < 2 * BLOCKS_PER_UNIT;
}

/**
 * Whether a log block with evidence is the first of its unit. Commits are smaller than a block here, so the other
 * blocks of the unit hold no record, and the block before them shows it.
 */
function isFirstOfEvidence(p: Populated, { tail, head, layout }: JournalRecovery, place: number): boolean {
  const at = (place - layout.logOffset[0] / BLOCK_BYTES) % layout.ringBlocks;
  for (let s = tail; s <= head; s++)
    if (s % layout.ringBlocks === at) return isLog(p, place) && s % BLOCKS_PER_UNIT === 0;
  return false;
}

/** All four regions are in the first block of their page. */
function isFirstOfPage(p: Populated, place: number): boolean {
  return p.stage.layout.pagesOffset.some((offset) => offset === place * BLOCK_BYTES);
}

describe.each([inFlight(), degraded(), atRest(), empty()])('journal with $name', (p) => {
  const before = mask(recoverBytes(p, bytesOf(p.image)));

  /**
   * The damage costs nothing and is listed; after the repair it is not found again. `loud` false: a lost write may be
   * legal.
   */
  function costsNothing(bytes: Uint8Array, what: string, bad: number[] = [], loud = true): void {
    const r = recoverBytes(p, bytes, bad);
    expect(mask(r), `${what}: D`).toBe(before);
    expect([r.everythingDirty, r.needsFormat], what).toEqual([false, false]);
    if (loud) expect(r.findings.count, `${what}: findings`).toBe(1);
    const repaired = bytes.slice();
    for (const { offsetBytes, bytes: unit } of r.logRepairs()) repaired.set(unit, offsetBytes);
    const again = recoverBytes(p, repaired);
    expect(mask(again), `${what}, repaired: D`).toBe(before);
    expect(
      again.findings.list.filter((f) => f.where === 'log' && f.effect === 'repaired'),
      `${what}, repaired`,
    ).toEqual([]);
  }

  it('a flipped bit in every block, in its header or in its body', () => {
    const bits = [0, 37, 8 * 33, 8 * 50 + 3, 8 * 400, 8 * 511 + 7];
    for (const place of places(p)) {
      const bit = bits[place % bits.length]!;
      const bytes = bytesOf(p.image);
      bytes[place * BLOCK_BYTES + (bit >> 3)]! ^= 1 << (bit & 7);
      costsNothing(bytes, `block ${place} bit ${bit}`);
    }
  });

  it('zeroed blocks, and blocks of an earlier lap', () => {
    for (const place of places(p)) {
      const zeroed = bytesOf(p.image);
      zeroed.fill(0, place * BLOCK_BYTES, (place + 1) * BLOCK_BYTES);
      costsNothing(zeroed, `block ${place} zeroed`);
      for (const old of new Set([p.former[place]!, p.stage.formatted.blocks[place]!])) {
        if (old !== p.image.blocks[place])
          costsNothing(bytesOf(damaged(p.image, place, old)), `block ${place} lost`, [], false);
      }
    }
  });

  it('unreadable sectors of 512 bytes and of 4 KiB: one finding each, and the blocks beside them are read', () => {
    for (const place of places(p)) {
      costsNothing(bytesOf(p.image), `block ${place} unreadable`, [place]);
      expect(recoverBytes(p, bytesOf(p.image), [place]).findings.list[0]).toMatchObject({
        blockIndex: place,
        problem: 'unreadable',
        class: 'indicator-rot',
      });
    }
    for (let unit = 0; unit < p.image.blocks.length; unit += BLOCKS_PER_UNIT) {
      const bad = Array.from({ length: BLOCKS_PER_UNIT }, (_, b) => unit + b);
      const r = recoverBytes(p, bytesOf(p.image), bad);
      expect(mask(r), `unit at block ${unit}`).toBe(before);
      // Grouped, except where parts of the unit are of different classes.
      expect(r.findings.count, `unit at block ${unit}`).toBeLessThanOrEqual(2);
    }
  });

  it('an unreadable copy of the log, of the indicator area, or of both', () => {
    const { logOffset, pagesOffset, ringBlocks } = p.stage.layout;
    for (const copy of [0, 1] as const) {
      const log = Array.from({ length: ringBlocks }, (_, i) => logOffset[copy] / BLOCK_BYTES + i);
      const pages = Array.from({ length: BLOCKS_PER_UNIT }, (_, i) => pagesOffset[copy] / BLOCK_BYTES + i);
      for (const bad of [log, pages, [...log, ...pages], [...log, ...pages, copy * BLOCKS_PER_UNIT]]) {
        const r = recoverBytes(p, bytesOf(p.image), bad);
        expect(mask(r)).toBe(before);
        expect(r.findings.count).toBeLessThan(8);
      }
    }
  });

  it('both copies: everything where the block may have named regions, nothing elsewhere', () => {
    const garbage = p.stage.store.intern(new Uint8Array(BLOCK_BYTES).fill(0x5a), 0);
    const intact = recoverBytes(p, bytesOf(p.image));
    const outcomes = { everything: 0, nothing: 0 };
    for (const place of places(p)) {
      const both = damaged(damaged(p.image, place, garbage), counterpart(intact.layout, place), garbage);
      const r = recoverBytes(p, bytesOf(both));
      const mayNameRegions = isFirstOfEvidence(p, intact, place) || isFirstOfPage(p, place) || isSuperblock(place);
      expect(mask(r), `block ${place}`).toBe(mayNameRegions ? ALL_REGIONS : before);
      outcomes[mayNameRegions ? 'everything' : 'nothing']++;
      expect(r.findings.count, `block ${place}: findings`).toBeGreaterThan(0);
      expect(r.everythingDirty, `block ${place}`).toBe(mayNameRegions && !isFirstOfPage(p, place));
      expect(r.needsFormat, `block ${place}`).toBe(isSuperblock(place));
    }
    // Superblocks, the first block of each page copy, and in the log what has evidence.
    expect(outcomes.everything).toBeGreaterThanOrEqual(4);
    expect(outcomes.nothing).toBeGreaterThan(intact.layout.ringBlocks);
  });
});
