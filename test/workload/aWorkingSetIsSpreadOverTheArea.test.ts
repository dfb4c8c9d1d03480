/**
 * Promises: with `within` a load writes only its working set, which has the bytes asked for, lies in the area and
 * depends on its own seed alone; in the long run it writes all of it. Without `within` the stream of a seed is what it
 * was.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createWorkload, workingSet } from '../../src/workload/workload.js';

const MIB = 2 ** 20;
const SHAPE = {
  writesPerTransaction: { min: 1, max: 4 },
  writeBytes: { min: 4096, max: 65536 },
  alignBytes: 512,
  usableBytes: 2 ** 46,
};
const spec = (bytes: number, seed: number, more: object = {}) => ({
  ...SHAPE,
  addresses: { pattern: 'uniform' as const, skew: 0, within: { bytes, seed } },
  ...more,
});

it('every write lies in one piece of the working set, on any size of the area', () => {
  fc.assert(
    fc.property(
      fc.record({
        usableBytes: fc.integer({ min: 16, max: 2 ** 34 }).map((blocks) => blocks * 4096),
        within: fc.integer({ min: 1, max: 64 }).map((n) => n * MIB),
        max: fc.integer({ min: 1, max: 512 }).map((n) => n * 4096),
        seed: fc.nat(),
      }),
      ({ usableBytes, within, max, seed }) => {
        const s = spec(within, seed, { usableBytes, writeBytes: { min: 4096, max } });
        const set = workingSet(s).sort((a, b) => a.offsetBytes - b.offsetBytes);
        const end = set.reduce((before, { offsetBytes, lengthBytes }) => {
          expect(offsetBytes).toBeGreaterThanOrEqual(before);
          return offsetBytes + lengthBytes;
        }, 0);
        expect(end).toBeLessThanOrEqual(usableBytes);
        const load = createWorkload(s, seed + 1);
        for (let i = 0; i < 20; i++)
          for (const w of load.nextTransaction().writes)
            expect(
              set.filter(
                (p) =>
                  w.offsetBytes >= p.offsetBytes &&
                  w.offsetBytes + w.lengthBytes <= p.offsetBytes + p.lengthBytes &&
                  w.lengthBytes > 0,
              ),
            ).toHaveLength(1);
      },
    ),
    { numRuns: 200 },
  );
});

it('it has the bytes asked for, in pieces far apart, by its own seed', () => {
  const set = workingSet(spec(100 * MIB, 7));
  expect(set).toHaveLength(100);
  expect(set.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)).toBe(100 * MIB);
  // Each quarter of 64 TiB has some.
  for (let quarter = 0; quarter < 4; quarter++)
    expect(set.some(({ offsetBytes }) => Math.floor((offsetBytes / SHAPE.usableBytes) * 4) === quarter)).toBe(true);
  expect(workingSet(spec(100 * MIB, 7))).toEqual(set);
  expect(workingSet(spec(100 * MIB, 8))).not.toEqual(set);
});

it('all of it is written in the long run', () => {
  const s = spec(4 * MIB, 3);
  const load = createWorkload(s, 1);
  const written = new Set<number>();
  for (let i = 0; i < 4000; i++)
    for (const { offsetBytes, lengthBytes } of load.nextTransaction().writes)
      for (let at = offsetBytes; at < offsetBytes + lengthBytes; at += 4096) written.add(at);
  expect(written.size).toBe((4 * MIB) / 4096);
});

it('without it, and with one as large as the area, a seed gives the stream that it always gave', () => {
  const of = (within?: { bytes: number; seed: number }) => {
    const addresses = { pattern: 'skewed' as const, skew: 0.9, ...(within === undefined ? {} : { within }) };
    const load = createWorkload({ ...SHAPE, usableBytes: 64 * MIB + 8192, addresses }, 11);
    return Array.from({ length: 3 }, () => load.nextTransaction().writes).flat();
  };
  expect(of({ bytes: 64 * MIB, seed: 1 })).toEqual(of());
  // Recorded before working sets existed.
  expect(of().slice(0, 3)).toEqual(RECORDED);
});

const RECORDED = [
  { offsetBytes: 17240064, lengthBytes: 4096 },
  { offsetBytes: 17883136, lengthBytes: 12288 },
  { offsetBytes: 50913280, lengthBytes: 28672 },
];
