import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestArena } from '../../src/lab/disk/requestArena.js';

const HEADER = 80;
const REQUEST_MAX = 4096 + HEADER;

/** Most steps keep bytes, so that the ring fills up. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 512, max: 4096 }) },
  { weight: 1, arbitrary: fc.constant('release' as const) },
);

describe('the request arena', () => {
  it('gives the longest request room that overlaps no live bytes, for any order of adopting and releasing', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 300 }), (steps) => {
        const arena = new RequestArena(16 * 1024, REQUEST_MAX, HEADER);
        const live: { from: number; to: number }[] = [];
        const release = (): void => {
          const oldest = live.shift();
          if (oldest !== undefined) arena.release(oldest.to, live.length === 0);
        };
        for (const step of steps) {
          if (step === 'release') {
            release();
            continue;
          }
          while (!arena.hasRoom()) {
            expect(live.length).toBeGreaterThan(0);
            release();
          }
          const { head } = arena;
          expect(head + REQUEST_MAX).toBeLessThanOrEqual(arena.bytes.length);
          for (const { from, to } of live) expect(to <= head || from >= head + REQUEST_MAX).toBe(true);
          expect(arena.adopt(arena.bytes, head + HEADER, step)).toBe(true);
          live.push({ from: head + HEADER, to: head + HEADER + step });
        }
      }),
      { numRuns: 300, seed: 20_260_102 },
    );
  });
});
