import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OBSERVED } from '../../src/base/observation.js';
import { crc32c } from '../../src/base/crc32c.js';
import { parseSector, sectorOf, stampSector } from '../../src/workload/stamp.js';
import { stampWrite } from './stampWrite.js';

describe('the sector stamp', () => {
  it('CRC32C gives the values of RFC 3720, B.4', () => {
    const bytes = (f: (i: number) => number): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => f(i));
    expect(crc32c(bytes(() => 0))).toBe(0x8a9136aa);
    expect(crc32c(bytes(() => 0xff))).toBe(0x62a8ab43);
    expect(crc32c(bytes((i) => i))).toBe(0x46dd794e);
    expect(crc32c(bytes((i) => 31 - i))).toBe(0x113fdb5c);
    const ascending = bytes((i) => i);
    expect(crc32c(ascending, 10, 32, crc32c(ascending, 0, 10))).toBe(0x46dd794e);
  });

  it('is read back as written, for any header', () => {
    const id = fc.maxSafeNat();
    const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const header = fc.record({
      runId: id,
      lba: id,
      updateId: id,
      transactionId: id,
      sectorIndex: u32,
      sectorCount: u32,
    });
    fc.assert(
      fc.property(header, (stamp) => {
        const bytes = new Uint8Array(512);
        stampSector(bytes, 0, stamp);
        expect(parseSector(bytes)).toEqual({ kind: OBSERVED.valid, stamp });
      }),
      { numRuns: 200 },
    );
  });

  it('numbers the sectors of a write', () => {
    const bytes = new Uint8Array(4096 + 512);
    stampWrite(bytes, 512, 4096, { runId: 5, updateId: 9, transactionId: 3, firstLba: 800 });
    for (let i = 0; i < 8; i++) {
      const { kind, stamp } = parseSector(bytes, 512 + i * 512);
      expect(kind).toBe(OBSERVED.valid);
      expect(stamp).toMatchObject({ lba: 800 + i, sectorIndex: i, sectorCount: 8, updateId: 9, transactionId: 3 });
    }
    expect(parseSector(bytes, 0).kind).toBe(OBSERVED.zero);
  });

  it('any flipped bit is noticed', () => {
    const good = sectorOf({ runId: 1, updateId: 2, lba: 3 });
    for (let bit = 0; bit < 4096; bit++) {
      const bytes = good.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(parseSector(bytes).kind).toBe(bit < 32 ? OBSERVED.foreign : OBSERVED.corrupt);
    }
  });

  it('no two versions of a sector, and no two neighboring sectors, have the same body', () => {
    const body = (runId: number, updateId: number, lba: number): string =>
      Buffer.from(sectorOf({ runId, updateId, lba }).subarray(48)).toString('hex');
    const seen = new Set<string>();
    for (let u = 0; u < 10; u++) for (let l = 0; l < 10; l++) seen.add(body(1, u, l));
    expect(seen.size).toBe(100);
  });
});
