import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import { crc32c } from '../../src/base/crc32c.js';
import { OBSERVATION_FIELD as F } from '../../src/base/observation.js';
import { parseSector } from '../../src/workload/stamp.js';
import { stampWrite } from './stampWrite.js';

const tools = sectorTools('koffi');
const id = fc.maxSafeNat();
/** The C side numbers LBAs from `firstLba`; the last must still be a safe integer. */
const fields = fc.record({
  runId: id,
  updateId: id,
  transactionId: id,
  firstLba: fc.integer({ min: 0, max: 2 ** 53 - 64 }),
});

describe('the C stamp and the reference', () => {
  it('write the same bytes', () => {
    fc.assert(
      fc.property(fields, fc.integer({ min: 1, max: 32 }), (stamp, sectors) => {
        const native = Buffer.alloc(sectors * 512 + 512);
        const reference = Buffer.alloc(native.length);
        tools.stamp(native, 512, sectors * 512, stamp);
        stampWrite(reference, 512, sectors * 512, stamp);
        expect(native.equals(reference)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('read the same from a sector with any content', () => {
    const damage = fc.record({ at: fc.integer({ min: 0, max: 511 }), xor: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fields, fc.array(damage, { maxLength: 3 }), fc.boolean(), (stamp, damages, zero) => {
        const bytes = Buffer.alloc(512);
        if (!zero) stampWrite(bytes, 0, 512, stamp);
        for (const { at, xor } of damages) bytes[at]! ^= xor;
        const seen = new Float64Array(F.strideDoubles);
        tools.scan(bytes, 0, 512, seen);
        const expected = parseSector(bytes);
        expect(seen[F.kind]).toBe(expected.kind);
        if (expected.kind !== 0) return;
        const { runId, updateId, lba, transactionId, sectorIndex } = expected.stamp;
        expect([...seen.subarray(F.runId)]).toEqual([runId, updateId, lba, transactionId, sectorIndex]);
      }),
      { numRuns: 300 },
    );
  });

  it('agree on CRC32C, in one piece and chained', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(), (bytes, cut) => {
        const at = bytes.length === 0 ? 0 : cut % bytes.length;
        expect(tools.crc32c(bytes)).toBe(crc32c(bytes));
        expect(tools.crc32c(bytes.slice(at), tools.crc32c(bytes.slice(0, at)))).toBe(crc32c(bytes));
      }),
    );
  });
});
