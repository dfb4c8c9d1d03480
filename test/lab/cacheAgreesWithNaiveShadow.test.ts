import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryCache, MemoryMedium, REQUEST_BYTES_MAX, writeThroughArena } from './memoryMedium.js';

const DISK_BYTES = 512 * 1024;
const SECTORS = DISK_BYTES / 512;
const WRITE_SECTORS_MAX = (REQUEST_BYTES_MAX - 4096) / 512;

type Step =
  | { kind: 'write' | 'copied write' | 'discard' | 'read'; sector: number; sectors: number; value: number }
  | { kind: 'flush' }
  | { kind: 'cut' };

const place = {
  sector: fc.nat(SECTORS - 1),
  sectors: fc.integer({ min: 1, max: WRITE_SECTORS_MAX }),
  value: fc.integer({ min: 1, max: 255 }),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'write' as const,
        'write' as const,
        'copied write' as const,
        'discard' as const,
        'read' as const,
      ),
      ...place,
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'flush' }, { kind: 'cut' }) },
);

describe('the volatile cache', () => {
  it.each([0, 16 * 1024, 256 * 1024])(
    'with %i bytes reads like a plain array, and a cut keeps flushed and evicted writes only',
    (cacheBytes) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
          const medium = new MemoryMedium(DISK_BYTES);
          const cache = memoryCache(medium, DISK_BYTES, { cacheBytes });
          let seen = Buffer.alloc(DISK_BYTES);
          const target = Buffer.alloc(DISK_BYTES);
          for (const s of steps) {
            if (s.kind === 'flush') {
              cache.flush();
              expect(medium.bytes.equals(seen)).toBe(true);
              continue;
            }
            if (s.kind === 'cut') {
              cache.powerLost();
              seen = Buffer.from(medium.bytes); // kill model drop: only the medium's data is left
              continue;
            }
            const offset = s.sector * 512;
            const length = Math.min(s.sectors * 512, DISK_BYTES - offset);
            const data = Buffer.alloc(length, s.value);
            if (s.kind === 'write') writeThroughArena(cache, offset, data);
            if (s.kind === 'copied write') cache.write(offset, data, 0, length);
            if (s.kind === 'discard') cache.discard(offset, length);
            if (s.kind === 'write' || s.kind === 'copied write') data.copy(seen, offset);
            if (s.kind === 'discard') seen.fill(0, offset, offset + length);
            cache.read(offset, target, 0, length);
            expect(target.subarray(0, length).equals(seen.subarray(offset, offset + length))).toBe(true);
          }
          cache.read(0, target, 0, DISK_BYTES);
          expect(target.equals(seen)).toBe(true);
        }),
        { numRuns: 150, seed: 20_260_101 },
      );
    },
  );
});
