/**
 * R12, block by block: for each kind of damage to a block of a populated journal, exactly what recovery must find.
 * Damage to one copy loses nothing; damage that differs from a legal crash is listed.
 */
import { describe, expect, it } from 'vitest';
import { damaged, counterpart } from '../../../src/explore/damage.js';
import { IDENTITY } from '../../../src/explore/stage.js';
import type { JournalImage } from '../../../src/explore/journalDevice.js';
import type { Recovered } from '../../../src/explore/recoveries.js';
import { readU64, sealBlock, viewOf, type BlockKind } from '../../../src/tracker/journal/block.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, HEADER_BYTES } from '../../../src/tracker/journal/layout.js';
import { openPlace } from '../../../src/tracker/journal/logRing.js';
import { JournalError } from '../../../src/tracker/journal/format.js';
import { degraded, inFlight, type Populated } from './populated.js';

/**
 * What recovery must make of damage:
 *   nothing lost   D is exactly the D of the undamaged journal, and the log counts
 *   everything     every region is dirty
 *   refused        JournalError WRONG_JOURNAL
 */
type Outcome = 'nothing lost' | 'everything' | 'refused';

function recover(p: Populated, image: JournalImage, fromBytes: boolean): Recovered | 'refused' {
  try {
    return fromBytes ? p.stage.recoveries.fromBytes(image) : p.stage.recoveries.of(image);
  } catch (error) {
    if (error instanceof JournalError && error.code === 'WRONG_JOURNAL') return 'refused';
    throw error;
  }
}

function bytesAt(p: Populated, place: number): Uint8Array {
  return p.stage.store.bytesOf(p.image.blocks[place]).slice();
}

function withBytes(p: Populated, place: number, bytes: Uint8Array): JournalImage {
  return damaged(p.image, place, p.stage.store.intern(bytes, 0));
}

/**
 * `loud`: the damage is listed. A lost write may look like a legal crash, which is not listed. `fromBytes`: without the
 * caches of the explorer, which assume one format.
 */
function check(
  p: Populated,
  image: JournalImage,
  what: string,
  expected: Outcome,
  { loud = true, fromBytes = false } = {},
): void {
  const r = recover(p, image, fromBytes);
  if (r === 'refused') return mustBe(r, expected, what);
  const { dirtyMask, findings, damaged: isDamaged } = r;
  if (expected === 'nothing lost') {
    mustBe(dirtyMask, p.stage.recoveries.of(p.image).dirtyMask, `${what}: D`);
    mustBe(isDamaged, false, `${what}: log damaged`);
  } else mustBe(expected === 'everything' ? dirtyMask : expected, ALL_REGIONS, what);
  if (loud && image.hash !== p.image.hash) mustBe(findings > 0, true, `${what}: findings`);
}

/** Calls `expect` only for a difference: a call costs as much as the recovery of a journal. */
function mustBe<T>(actual: T, wanted: T, what: string): void {
  if (!Object.is(actual, wanted)) expect(actual, what).toBe(wanted);
}

const ALL_REGIONS = 0b1111;

/**
 * Whether the place holds a log block with evidence that is the first of its unit. The other blocks of a unit hold no
 * record in these journals, and the block before them shows it.
 */
function isFirstOfEvidence(p: Populated, place: number): boolean {
  const { layout, recoveries } = p.stage;
  const at = place - layout.logOffset[0] / BLOCK_BYTES;
  if (at < 0 || at >= layout.ringBlocks) return false;
  const block = openPlace(bytesAt(p, place), 0, 0, at, layout, IDENTITY);
  if (typeof block === 'string') throw new Error(`block ${place} is ${block}`);
  return block.sequence % BLOCKS_PER_UNIT === 0 && block.sequence >= recoveries.of(p.image).tail;
}

/** All four regions are in the first block of their page. */
function isFirstOfPage(p: Populated, place: number): boolean {
  return p.stage.layout.pagesOffset.some((offset) => offset === place * BLOCK_BYTES);
}

/** Places that hold a block: of a superblock unit only the first. */
function places(p: Populated): number[] {
  return [...p.image.blocks.keys()].filter((i) => i >= 2 * BLOCKS_PER_UNIT || i % BLOCKS_PER_UNIT === 0);
}

describe.each([inFlight(), degraded()])('journal with $name', (p) => {
  it('undamaged: regions differ, recovery finds them all, and nothing wrong', () => {
    expect(p.differ).not.toBe(0);
    const r = p.stage.recoveries.of(p.image);
    expect(p.differ & ~r.dirtyMask).toBe(0);
    expect(r.findings).toBe(0);
    expect(p.stage.recoveries.fromBytes(p.image)).toEqual(r);
    expect(r.damaged).toBe(false);
  });

  it('zeroed or garbage blocks', () => {
    const garbage = Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => (i * 89 + 7) & 0xff);
    for (const place of places(p)) {
      check(p, withBytes(p, place, new Uint8Array(BLOCK_BYTES)), `block ${place} zeroed`, 'nothing lost');
      check(p, withBytes(p, place, garbage), `block ${place} garbage`, 'nothing lost');
    }
  });

  it('lost writes: one copy of a block, or of a unit, has its previous content or that of the first lap', () => {
    for (const place of places(p)) {
      for (const old of [p.former[place], p.stage.formatted.blocks[place]])
        check(p, damaged(p.image, place, old), `block ${place} lost`, 'nothing lost', { loud: false });
    }
    for (let unit = 0; unit < p.image.blocks.length; unit += BLOCKS_PER_UNIT) {
      let image = p.image;
      for (let b = 0; b < BLOCKS_PER_UNIT; b++) image = damaged(image, unit + b, p.former[unit + b]);
      check(p, image, `unit at block ${unit} lost`, 'nothing lost', { loud: false });
    }
  });

  it('units torn at each sector: the rest is former content', () => {
    for (let unit = 2 * BLOCKS_PER_UNIT; unit < p.image.blocks.length; unit += BLOCKS_PER_UNIT) {
      for (let k = 1; k < BLOCKS_PER_UNIT; k++) {
        let head = p.image;
        let rest = p.image;
        for (let b = 0; b < BLOCKS_PER_UNIT; b++) {
          if (b >= k) head = damaged(head, unit + b, p.former[unit + b]);
          else rest = damaged(rest, unit + b, p.former[unit + b]);
        }
        check(p, head, `unit at block ${unit} new up to ${k}`, 'nothing lost', { loud: false });
        check(p, rest, `unit at block ${unit} new from ${k}`, 'nothing lost', { loud: false });
      }
    }
  });

  it('shorn blocks: one sector is part new, part old', () => {
    for (const place of places(p)) {
      const old = p.stage.store.bytesOf(p.former[place]);
      for (let cut = 32; cut < BLOCK_BYTES; cut += 96) {
        const bytes = bytesAt(p, place);
        bytes.set(old.subarray(cut), cut);
        check(p, withBytes(p, place, bytes), `block ${place} shorn at ${cut}`, 'nothing lost', { loud: false });
      }
    }
  });

  it('each bit of the header and a sample of the body flipped', () => {
    // Blocks that are as formatting wrote them are alike: every fifth of them is enough.
    const chosen = places(p).filter((i) => i % 5 === 0 || p.image.blocks[i] !== p.stage.formatted.blocks[i]);
    for (const place of chosen) {
      for (let bit = 0; bit < BLOCK_BYTES * 8; bit += bit < HEADER_BYTES * 8 ? 1 : 97) {
        const bytes = bytesAt(p, place);
        bytes[bit >> 3] ^= 1 << (bit & 7);
        check(p, withBytes(p, place, bytes), `block ${place} bit ${bit}`, 'nothing lost');
      }
    }
  });

  it('blocks swapped with another, or laid over it', () => {
    let outcomes = 0;
    const list = places(p).filter((i) => i >= 2 * BLOCKS_PER_UNIT);
    const half = (p.stage.layout.logOffset[1] - p.stage.layout.logOffset[0]) / BLOCK_BYTES;
    for (const place of list) {
      for (const other of [place + 1, place + BLOCKS_PER_UNIT, place + half]) {
        if (!list.includes(other)) continue;
        const [a, b] = [p.image.blocks[place], p.image.blocks[other]];
        // A block swapped with its counterpart: both copies are misplaced.
        const areCopies = other === counterpart(p.stage.layout, place);
        const mayNameRegions = isFirstOfEvidence(p, place) || isFirstOfPage(p, place);
        const swapped = areCopies && mayNameRegions ? 'everything' : 'nothing lost';
        check(p, damaged(damaged(p.image, place, b), other, a), `blocks ${place} and ${other} swapped`, swapped);
        if (swapped === 'everything') outcomes++;
        check(p, damaged(p.image, place, b), `block ${other} laid over ${place}`, 'nothing lost');
      }
    }
    expect(outcomes).toBeGreaterThan(0);
  });

  it('blocks of another rig, of an earlier format, and of another place, each valid in itself', () => {
    for (const place of places(p)) {
      const bytes = bytesAt(p, place);
      const view = viewOf(bytes);
      const header = {
        kind: view.getUint16(10, true) as BlockKind,
        sequence: readU64(view, 32),
        offsetBytes: readU64(view, 40),
      };
      const reseal = (h: typeof header, identity: typeof IDENTITY): Uint8Array => {
        const copy = bytes.slice();
        sealBlock(copy, 0, h, identity);
        return copy;
      };
      const otherRig = { ...IDENTITY, rigUuid: new Uint8Array(16).fill(9) };
      const otherFormat = { ...IDENTITY, formatEpoch: 7 };
      const elsewhere = { ...header, offsetBytes: header.offsetBytes + 512 };
      const one = (bytesThere: Uint8Array, what: string, expected: Outcome): void =>
        check(p, withBytes(p, place, bytesThere), `block ${place} ${what}`, expected, { fromBytes: true });
      const isSuperblock = place < 2 * BLOCKS_PER_UNIT;
      one(reseal(header, otherRig), 'of another rig', isSuperblock ? 'refused' : 'nothing lost');
      one(reseal(header, otherFormat), 'of another format', 'nothing lost');
      one(reseal(elsewhere, IDENTITY), 'misplaced', 'nothing lost');
    }
  });

  it('both superblocks invalid: everything is dirty and the journal must be formatted', () => {
    let image = p.image;
    for (const place of [0, BLOCKS_PER_UNIT])
      image = damaged(image, place, p.stage.store.intern(new Uint8Array(BLOCK_BYTES), 0));
    const r = recover(p, image, false);
    expect(r).toMatchObject({ dirtyMask: ALL_REGIONS, needsFormat: true, findings: 1 });
  });
});
