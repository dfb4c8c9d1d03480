/**
 * Promise: stamps, scans and CRC32C of C equal those of the reference in src/workload byte for byte, with both FFIs.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OBSERVATION_FIELD, OBSERVED } from '../../src/base/observation.js';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import { crc32c } from '../../src/base/crc32c.js';
import { sealBlocks } from '../../src/tracker/journal/block.js';
import * as reference from '../../src/workload/stamp.js';

const number53 = fc.maxSafeNat();
const RUNS = 40;

for (const ffi of ['koffi', 'ffi-napi'] as const) {
  describe(ffi, () => {
    const tools = sectorTools(ffi);

    it('a stamped sector equals the reference', () => {
      fc.assert(
        fc.property(
          number53,
          number53,
          number53,
          number53,
          fc.integer({ min: 1, max: 5 }),
          (runId, updateId, transactionId, lba, count) => {
            const firstLba = Math.min(lba, Number.MAX_SAFE_INTEGER - count);
            const ours = Buffer.alloc(count * 512 + 3);
            const theirs = Buffer.alloc(count * 512);
            tools.stamp(ours, 3, count * 512, { runId, updateId, transactionId, firstLba });
            for (let i = 0; i < count; i++)
              reference.stampSector(theirs, i * 512, {
                runId,
                updateId,
                transactionId,
                lba: firstLba + i,
                sectorIndex: i,
                sectorCount: count,
              });
            expect(ours.subarray(3).equals(theirs)).toBe(true);
          },
        ),
        { numRuns: RUNS },
      );
    });

    it('CRC32C equals the reference, also chained', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
          expect(tools.crc32c(a)).toBe(crc32c(a));
          expect(tools.crc32c(b, tools.crc32c(a))).toBe(tools.crc32c(Buffer.concat([a, b])));
        }),
        { numRuns: RUNS },
      );
    });

    it('sealed journal blocks equal the reference', () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 0, max: 5 }), (seed, blocks) => {
          const ours = Buffer.alloc(5 + blocks * 512, Buffer.from(seed));
          const theirs = Buffer.from(ours);
          tools.sealBlocks(ours, 5, blocks * 512);
          sealBlocks(theirs, 5, blocks * 512);
          expect(ours.equals(theirs)).toBe(true);
        }),
        { numRuns: RUNS },
      );
    });

    it('a scan distinguishes the four kinds of sectors', () => {
      const sectors = Buffer.alloc(4 * 512);
      tools.stamp(sectors, 0, 1024, { runId: 9, updateId: 8, transactionId: 7, firstLba: 6 });
      sectors[1023]! ^= 1;
      sectors[4 * 512 - 1] = 1;
      const out = new Float64Array(4 * OBSERVATION_FIELD.strideDoubles);
      expect(tools.scan(sectors, 0, sectors.length, out)).toBe(4);
      const kinds = [0, 1, 2, 3].map((i) => out[i * OBSERVATION_FIELD.strideDoubles]);
      expect(kinds).toEqual([OBSERVED.valid, OBSERVED.corrupt, OBSERVED.zero, OBSERVED.foreign]);
      expect([...out.subarray(6, 12)]).toEqual([OBSERVED.corrupt, 9, 8, 7, 7, 1]);
    });

    it('compare returns the first difference', () => {
      const buffer = Buffer.alloc(30_000);
      expect(tools.compare(buffer, 0, 15_000, 15_000)).toBe(-1);
      buffer[15_000 + 9000] = 1;
      buffer[15_000 + 9001] = 1;
      expect(tools.compare(buffer, 0, 15_000, 15_000)).toBe(9000);
    });

    it('a range outside the buffer is refused', () => {
      const buffer = Buffer.alloc(1024);
      const stamp = { runId: 1, updateId: 1, transactionId: 1, firstLba: 1 };
      const out = new Float64Array(6);
      for (const [offset, length] of [
        [513, 512],
        [-512, 512],
        [0, 1536],
        [0, 100],
        [0.5, 512],
        [0, NaN],
      ] as const) {
        expect(() => tools.stamp(buffer, offset, length, stamp)).toThrow(RangeError);
        expect(() => tools.scan(buffer, offset, length, new Float64Array(100))).toThrow(RangeError);
      }
      expect(() => tools.scan(buffer, 0, 1024, out)).toThrow(RangeError);
      expect(() => tools.compare(buffer, 0, 1000, 100)).toThrow(RangeError);
    });
  });
}
