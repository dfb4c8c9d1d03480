/** A piece that fails is read again in halves, down to the sector; the number of failed reads is bounded. */
import { expect, it } from 'vitest';
import { BLOCK_BYTES, UNIT_BYTES } from '../../../src/tracker/journal/layout.js';
import { Salvage } from '../../../src/tracker/journal/salvage.js';

const MEGABYTE = 2 ** 20;
const BLOCKS = MEGABYTE / BLOCK_BYTES;

function device(sectorBytes: number, isBad: (block: number) => boolean) {
  let reads = 0;
  const salvage = new Salvage((offset, length) => {
    reads++;
    if (offset % sectorBytes !== 0 || length % sectorBytes !== 0) return null;
    for (let b = offset / BLOCK_BYTES; b < (offset + length) / BLOCK_BYTES; b++) if (isBad(b)) return null;
    return Uint8Array.from({ length }, (_, i) => 1 + (((offset + i) >> 9) % 200));
  });
  return { salvage, reads: () => reads };
}

it.each([0, 1, 777, BLOCKS - 1])(
  'one bad sector of 512 bytes at block %i loses that block, in fewer than 32 reads',
  (bad) => {
    const { salvage, reads } = device(512, (b) => b === bad);
    const piece = salvage.piece(0, MEGABYTE);
    for (let b = 0; b < BLOCKS; b++) {
      expect(piece.isRead(b * BLOCK_BYTES)).toBe(b !== bad);
      expect(piece.bytes[b * BLOCK_BYTES]).toBe(b === bad ? 0 : 1 + (b % 200));
    }
    expect(reads()).toBeLessThan(32);
  },
);

it('a bad sector of 4 KiB on a device that reads nothing smaller loses its eight blocks', () => {
  const { salvage } = device(UNIT_BYTES, (b) => b >= 80 && b < 88);
  const piece = salvage.piece(0, MEGABYTE);
  for (let b = 0; b < BLOCKS; b++) expect(piece.isRead(b * BLOCK_BYTES)).toBe(b < 80 || b >= 88);
});

it('on a device that reads nothing the number of reads is bounded, for any size', () => {
  const { salvage, reads } = device(512, () => true);
  for (let i = 0; i < 500; i++) expect(salvage.piece(i * MEGABYTE, MEGABYTE).isRead(0)).toBe(false);
  expect(reads()).toBeLessThan(4000);
});
