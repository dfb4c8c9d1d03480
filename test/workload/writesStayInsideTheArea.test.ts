import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createWorkload } from '../../src/workload/workload.js';

it('every write is aligned, within its size limits and inside the usable bytes', () => {
  const KiB = 1024;
  fc.assert(
    fc.property(
      fc.record({
        usableBytes: fc.integer({ min: 300 * KiB, max: 2 ** 50 }),
        alignBytes: fc.constantFrom(512, 4096, 16384),
        minKiB: fc.integer({ min: 1, max: 64 }),
        moreKiB: fc.integer({ min: 0, max: 192 }),
        skew: fc.double({ min: 0, max: 1.2, noNaN: true }),
        pattern: fc.constantFrom('skewed' as const, 'uniform' as const),
        seed: fc.maxSafeNat(),
      }),
      ({ usableBytes, alignBytes, minKiB, moreKiB, skew, pattern, seed }) => {
        const spec = {
          usableBytes,
          alignBytes,
          writesPerTransaction: { min: 1, max: 8 },
          writeBytes: { min: minKiB * KiB, max: (minKiB + moreKiB) * KiB },
          addresses: { pattern, skew },
        };
        const unit = Math.max(4096, alignBytes);
        const smallest = Math.ceil((minKiB * KiB) / unit) * unit;
        const largest = Math.max(smallest, Math.floor(((minKiB + moreKiB) * KiB) / unit) * unit);
        const workload = createWorkload(spec, seed);
        const again = createWorkload(spec, seed);
        for (let t = 0; t < 20; t++) {
          const { writes } = workload.nextTransaction();
          expect(again.nextTransaction().writes).toEqual(writes);
          expect(writes.length >= 1 && writes.length <= 8).toBe(true);
          for (const { offsetBytes, lengthBytes } of writes) {
            expect(offsetBytes % unit).toBe(0);
            expect(lengthBytes % unit).toBe(0);
            expect(lengthBytes >= smallest && lengthBytes <= largest).toBe(true);
            expect(offsetBytes + lengthBytes <= usableBytes).toBe(true);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('a device too small for one write is refused', () => {
  const spec = {
    usableBytes: 4096,
    alignBytes: 512,
    writesPerTransaction: { min: 1, max: 1 },
    writeBytes: { min: 8192, max: 8192 },
    addresses: { pattern: 'uniform' as const, skew: 0 },
  };
  expect(() => createWorkload(spec, 1)).toThrow(/8192 bytes does not fit into 4096/);
});

it('the workload section of a resolved rig is accepted as it is', () => {
  const section: import('../../src/workload/workload.js').WorkloadSpec = {
    queueDepth: 8,
    writesPerTransaction: { min: 1, max: 2 },
    writeBytes: { min: 4096, max: 8192 },
    addresses: { pattern: 'skewed', skew: 0.9 },
    maxWritesPerSecond: 0,
  };
  const workload = createWorkload({ ...section, usableBytes: 2 ** 20, alignBytes: 512 }, 1);
  expect(workload.nextTransaction().writes.length).toBeGreaterThan(0);
});
