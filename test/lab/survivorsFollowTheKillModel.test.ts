import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/lab/random.js';
import type { CutFateCounts } from '../../src/lab/disk/cache.js';
import { memoryCache, MemoryMedium, writeThroughArena } from './memoryMedium.js';

const WRITES = 4000;
const BLOCK = 4096;
const DISK_BYTES = WRITES * BLOCK;

function cutAfterWrites(
  seed: number,
  keepProbability: number,
  tearProbability: number,
): { image: Buffer; counts: CutFateCounts } {
  const medium = new MemoryMedium(DISK_BYTES);
  let counts: CutFateCounts | null = null;
  const cache = memoryCache(medium, DISK_BYTES, {
    cacheBytes: 2 * DISK_BYTES,
    kill: { model: 'keep-drop', keepProbability, tearProbability },
    random: seededRandom(seed, 'p/kill'),
    onCutFates: (c) => (counts = c),
  });
  for (let i = 0; i < WRITES; i++) writeThroughArena(cache, i * BLOCK, Buffer.alloc(BLOCK, 1 + (i % 255)));
  cache.powerLost();
  return { image: medium.bytes, counts: counts! };
}

describe('kill model keep-drop', () => {
  it('keeps the same writes for the same seed and others for another seed', () => {
    const [a, again, b] = [cutAfterWrites(5, 0.5, 0.3), cutAfterWrites(5, 0.5, 0.3), cutAfterWrites(6, 0.5, 0.3)];
    expect(a.image.equals(again.image)).toBe(true);
    expect(a.image.equals(b.image)).toBe(false);
  });

  // 4000 draws: six standard deviations are less than 0.05.
  it.each([0, 0.1, 0.5, 0.9, 1])('keeps a share of %d of the unflushed writes', (keep) => {
    const { counts } = cutAfterWrites(11, keep, 0);
    expect(Math.abs(counts.kept / WRITES - keep)).toBeLessThan(0.05);
    expect(counts.kept + counts.dropped).toBe(WRITES);
  });

  it('tears a share of the survivors, at 512 bytes and nowhere else', () => {
    const { image, counts } = cutAfterWrites(12, 1, 0.4);
    expect(Math.abs(counts.torn / WRITES - 0.4)).toBeLessThan(0.05);
    for (let sector = 0; sector < DISK_BYTES / 512; sector++) {
      const bytes = image.subarray(sector * 512, sector * 512 + 512);
      const written = 1 + (Math.floor(sector / 8) % 255);
      expect(bytes[0] === 0 || bytes[0] === written).toBe(true);
      expect(bytes.every((b) => b === bytes[0])).toBe(true);
    }
  });

  it('keeps the order of survivors that overlap', () => {
    for (let seed = 0; seed < 200; seed++) {
      const medium = new MemoryMedium(64 * 1024);
      const cache = memoryCache(medium, 64 * 1024, {
        kill: { model: 'keep-drop', keepProbability: 0.5, tearProbability: 0 },
        random: seededRandom(seed, 'p/kill'),
      });
      // A lower value than expected means that an earlier survivor overwrote a later one.
      for (let value = 1; value <= 8; value++) writeThroughArena(cache, value * 512, Buffer.alloc(16 * 512, value));
      cache.powerLost();
      const survivors = new Set(medium.bytes.subarray(0, 25 * 512));
      survivors.delete(0);
      for (let sector = 1; sector < 24; sector++) {
        const covering = [...survivors].filter((value) => value <= sector && sector < value + 16);
        if (covering.length > 0) expect(medium.bytes[sector * 512]).toBe(Math.max(...covering));
      }
    }
  });

  it('draws independent fates for each disk', () => {
    const [p, s] = [seededRandom(1, 'p/kill'), seededRandom(1, 's/kill')];
    const draws = Array.from({ length: 100 }, () => [p.uint32(), s.uint32()]);
    expect(draws.filter(([a, b]) => a === b).length).toBeLessThan(2);
  });
});
