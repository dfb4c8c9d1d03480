import { describe, expect, it } from 'vitest';
import { cutWriteFault, stuckBits, regionLoss } from '../../src/lab/faults/cutFaults.js';
import { errorOnce, lyingFlush, latentError, misdirectedRead, staleRead } from '../../src/lab/faults/deviceFaults.js';
import { FAULT_CLASSES, parseFaults, type FaultClass, type FaultOf } from '../../src/lab/faults/spec.js';
import { writeFault, type WriteFault } from '../../src/lab/faults/writeFaults.js';
import { memoryCache, MemoryMedium, recordingContext } from './memoryMedium.js';

const DISK = 1024 * 1024;
const spec = <C extends FaultClass>(name: C, options: Record<string, unknown> = {}): FaultOf<C> =>
  parseFaults('p', [{ class: name, ...options }])[0] as FaultOf<C>;

/** Ten flushed writes of 4 KiB, values 1 to 10, through one write fault that strikes the third. */
function tenWrites(fault: WriteFault): { image: Buffer; records: Record<string, unknown>[] } {
  const medium = new MemoryMedium(DISK);
  const context = recordingContext(DISK);
  const cache = memoryCache(writeFault(medium, fault, context), DISK);
  for (let i = 1; i <= 10; i++) {
    cache.write(i * 4096, Buffer.alloc(4096, i), 0, 4096);
    cache.flush();
  }
  return { image: medium.bytes, records: context.records };
}

const block = (image: Buffer, i: number): Buffer => image.subarray(i * 4096, i * 4096 + 4096);
const isIntact = (image: Buffer, i: number): boolean => block(image, i).every((b) => b === i);
const others = [1, 2, 4, 5, 6, 7, 8, 9, 10];

describe('an injected fault', () => {
  it('lost-write: one flushed write is lost, the others are intact, and it is recorded', () => {
    const { image, records } = tenWrites(spec('lost-write', { afterWrites: 3 }));
    expect(block(image, 3).every((b) => b === 0)).toBe(true);
    expect(others.every((i) => isIntact(image, i))).toBe(true);
    expect(records).toEqual([{ class: 'lost-write', offset: 3 * 4096, length: 4096, writeNumber: 3 }]);
  });

  it('lost-write: strikes with the given count and distance', () => {
    const { records } = tenWrites(spec('lost-write', { afterWrites: 2, every: 3, count: 5 }));
    expect(records.map((r) => r['writeNumber'])).toEqual([2, 5, 8]);
  });

  it('torn-durable: some sectors of a flushed write are old', () => {
    const { image, records } = tenWrites(spec('torn-durable', { afterWrites: 3 }));
    const sectors = Array.from({ length: 8 }, (_, s) => block(image, 3).subarray(s * 512, s * 512 + 512));
    expect(sectors.every((s) => s.every((b) => b === 3) || s.every((b) => b === 0))).toBe(true);
    const kept = sectors.filter((s) => s[0] === 3).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(8);
    expect(records).toMatchObject([{ class: 'torn-durable', keptBytes: kept * 512 }]);
  });

  it('bit-corruption: bits of one sector are flipped', () => {
    const { image, records } = tenWrites(spec('bit-corruption', { afterWrites: 3, bits: 1 }));
    const wrong = [...block(image, 3).entries()].filter(([, b]) => b !== 3);
    expect(wrong.length).toBe(1);
    expect(Math.floor((3 * 4096 + wrong[0]![0]) / 512) * 512).toBe(records[0]!['sectorOffset']);
  });

  it('misdirected-write: the target keeps its old data and another place gets the new data', () => {
    const { image, records } = tenWrites(spec('misdirected-write', { afterWrites: 3 }));
    const to = records[0]!['writtenTo'] as number;
    expect(block(image, 3).every((b) => b === 0)).toBe(true);
    // With this seed no later write overwrites the wrong place.
    expect(image.subarray(to, to + 4096).every((b) => b === 3)).toBe(true);
  });

  it('lying-flush: flushed data is lost at the cut', () => {
    const medium = new MemoryMedium(DISK);
    const context = recordingContext(DISK);
    const disk = lyingFlush(memoryCache(medium, DISK), spec('lying-flush'), context);
    disk.write(0, Buffer.alloc(4096, 1), 0, 4096);
    expect(disk.flush()).toBe(0);
    disk.powerLost();
    expect(medium.bytes.every((b) => b === 0)).toBe(true);
    expect(context.records).toEqual([{ class: 'lying-flush', flushesIgnored: 1 }]);
  });

  it('error-once: one flush fails, the next succeeds, and writes that the failed one covered are lost', () => {
    const medium = new MemoryMedium(DISK);
    const cache = memoryCache(medium, DISK);
    const context = recordingContext(DISK, { loseUnflushed: (random, p) => cache.loseSome(random, p) });
    const disk = errorOnce(cache, spec('error-once', { afterFlushes: 2, lossProbability: 1 }), context);
    const flushOne = (i: number): number => {
      disk.write(i * 4096, Buffer.alloc(4096, i), 0, 4096);
      return disk.flush();
    };
    expect([1, 2, 3].map(flushOne)).toEqual([0, -5, 0]);
    expect(isIntact(medium.bytes, 1)).toBe(true);
    expect(isIntact(medium.bytes, 2)).toBe(false);
    expect(isIntact(medium.bytes, 3)).toBe(true);
    expect(context.records).toEqual([{ class: 'error-once', writesLost: 1 }]);
  });

  it('latent-error: reads of the range fail with EIO until it is written', () => {
    const disk = latentError(
      memoryCache(new MemoryMedium(DISK), DISK),
      spec('latent-error', { offset: '8KiB', length: 512 }),
      recordingContext(DISK),
    );
    const target = Buffer.alloc(8192);
    expect(disk.read(0, target, 0, 8192)).toBe(0);
    expect(disk.read(4096, target, 0, 8192)).toBe(-5);
    disk.write(8192, Buffer.alloc(4096, 1), 0, 4096);
    expect(disk.read(4096, target, 0, 8192)).toBe(0);
  });

  it('misdirected-read and stale-read: one read is wrong, the next is correct', () => {
    const cache = memoryCache(new MemoryMedium(DISK), DISK);
    for (let i = 1; i <= 4; i++) cache.write(i * 4096, Buffer.alloc(4096, i), 0, 4096);
    const target = Buffer.alloc(4096);
    const first = (disk: { read(o: number, t: Buffer, a: number, l: number): number }, offset: number): number => {
      disk.read(offset, target, 0, 4096);
      return target[0]!;
    };
    const astray = misdirectedRead(cache, spec('misdirected-read', { afterReads: 2 }), recordingContext(DISK));
    expect([first(astray, 4096), first(astray, 4096), first(astray, 4096)]).toEqual([1, 2, 1]);
    const stale = staleRead(cache, spec('stale-read', { afterWrites: 1 }), recordingContext(DISK));
    stale.write(8192, Buffer.alloc(4096, 9), 0, 4096);
    expect([first(stale, 8192), first(stale, 8192)]).toEqual([2, 9]);
  });

  it.each(['shorn', 'garbage', 'collateral'] as const)('%s: damages one sector at a cut and records it', (name) => {
    const medium = new MemoryMedium(DISK);
    const context = recordingContext(DISK);
    const cache = memoryCache(cutWriteFault(medium, spec(name), context), DISK, {
      kill: { model: 'keep', keepProbability: 1, tearProbability: 0 },
    });
    cache.write(8192, Buffer.alloc(4096, 5), 0, 4096);
    cache.powerLost();
    const { offset, newBytes } = context.records[0] as { offset: number; newBytes?: number };
    const sector = medium.bytes.subarray(offset, offset + 512);
    if (name === 'shorn') {
      expect(sector.subarray(0, newBytes).every((b) => b === 5)).toBe(true);
      expect(sector.subarray(newBytes).every((b) => b === 0)).toBe(true);
    } else expect(new Set(sector).size).toBeGreaterThan(100);
    expect(offset >= 8192 && offset < 12288).toBe(name !== 'collateral');
  });

  it('stuck-bits and region-loss: every write to the range is damaged', () => {
    const medium = new MemoryMedium(DISK);
    const context = recordingContext(DISK);
    const cache = memoryCache(
      stuckBits(medium, spec('stuck-bits', { offset: 4096, length: 4096, mask: 0x80 }), context),
      DISK,
    );
    const disk = regionLoss(cache, medium, spec('region-loss', { offset: 8192, length: 8192 }), context);
    disk.write(0, Buffer.alloc(32768, 1), 0, 32768);
    disk.flush();
    expect(medium.bytes.subarray(4096, 8192).every((b) => b === 0x81)).toBe(true);
    disk.powerLost();
    expect(medium.bytes.subarray(8192, 16384).every((b) => b === 0)).toBe(true);
    expect(medium.bytes.subarray(16384, 32768).every((b) => b === 1)).toBe(true);
  });

  it('is not active before cut afterCuts', () => {
    const context = recordingContext(DISK);
    const disk = lyingFlush(memoryCache(new MemoryMedium(DISK), DISK), spec('lying-flush', { afterCuts: 1 }), context);
    disk.flush();
    disk.powerLost();
    expect(context.records).toEqual([]);
    context.cutCount = 1;
    disk.flush();
    disk.powerLost();
    expect(context.records.length).toBe(1);
  });

  it('is refused with name, field and rule when it is invalid', () => {
    const refused = (fault: Record<string, unknown>, text: RegExp): void =>
      expect(() => parseFaults('p', [fault])).toThrowError(
        expect.objectContaining({ code: 'LAB_BAD_FAULT', message: expect.stringMatching(text) }),
      );
    refused({ class: 'lost-writes' }, /disk p, faults\[0\].*"lost-writes".*lost-write/);
    refused({}, /classes are/);
    refused({ class: 'torn-inflight' }, /tearProbability/);
    refused({ class: 'slow', delayMs: '3 parsecs' }, /delayMs.*parsecs/);
    refused({ class: 'slow', probability: 2 }, /probability/);
    refused({ class: 'latent-error', length: 100 }, /multiple of 512/);
    refused({ class: 'lost-write', afterWrite: 3 }, /afterWrite/);
    expect(FAULT_CLASSES.length).toBeGreaterThan(15);
  });
});
