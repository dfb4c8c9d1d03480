/**
 * Promise: each transfer reaches its device, its offset and its place in the arena, and its completion has the result.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { DEFAULT_LOOP_BYTES, useLoops } from './loop.js';
import { drain, forEachVariant } from './variants.js';

const loops = useLoops();
const BLOCK = 4096;

forEachVariant((variant) => {
  it('writes, durable writes, flushes and reads of two devices go where their descriptors say', () => {
    const [a, b] = [loops.loop(), loops.loop({ sectorBytes: 4096 })];
    const ring = variant.ring([variant.open(a.path), variant.open(b.path)]);
    expect({ kind: ring.kind, ffi: ring.ffi, bytes: ring.arena.length }).toEqual({
      kind: variant.kind,
      ffi: variant.ffi,
      bytes: 2 ** 20,
    });
    ring.arena.fill('A', 0, BLOCK).fill('B', BLOCK, 2 * BLOCK);
    ring.push(IO_OP.write, 0, 0xffff_ffff, 5 * BLOCK, BLOCK, 0);
    ring.push(IO_OP.writeDurable, 1, 1, 0, BLOCK, BLOCK);
    expect(ring.inFlight).toBe(2);
    const results = drain(ring).map((c) => [c.tag, c.result]);
    expect(Object.fromEntries(results)).toEqual({ 0xffff_ffff: BLOCK, 1: BLOCK });

    ring.push(IO_OP.flush, 0, 2, 0, 0, 0);
    ring.push(IO_OP.read, 0, 3, 4 * BLOCK, 2 * BLOCK, 8 * BLOCK);
    ring.push(IO_OP.read, 1, 4, 0, BLOCK, 16 * BLOCK);
    expect(Object.fromEntries(drain(ring).map((c) => [c.tag, c.result]))).toEqual({ 2: 0, 3: 2 * BLOCK, 4: BLOCK });
    expect(ring.arena.toString('latin1', 8 * BLOCK, 10 * BLOCK)).toBe('\0'.repeat(BLOCK) + 'A'.repeat(BLOCK));
    expect(ring.arena.toString('latin1', 16 * BLOCK, 17 * BLOCK)).toBe('B'.repeat(BLOCK));
    expect(
      readFileSync(a.file)
        .subarray(5 * BLOCK, 6 * BLOCK)
        .toString('latin1'),
    ).toBe('A'.repeat(BLOCK));
  });

  it('offsets beyond 4 GiB and an arena of many MiB work', () => {
    const loop = loops.loop({ sizeBytes: 2 ** 33 });
    const ring = variant.ring([variant.open(loop.path)], { arenaBytes: 48 * 2 ** 20 });
    const far = 2 ** 33 - BLOCK;
    ring.arena.fill('Z', 40 * 2 ** 20, 40 * 2 ** 20 + BLOCK);
    ring.push(IO_OP.write, 0, 1, far, BLOCK, 40 * 2 ** 20);
    expect(drain(ring)[0]!.result).toBe(BLOCK);
    ring.push(IO_OP.read, 0, 1, far, BLOCK, 0);
    ring.push(IO_OP.read, 0, 2, far % 2 ** 32, BLOCK, BLOCK);
    drain(ring);
    expect(ring.arena.toString('latin1', 0, 3)).toBe('ZZZ');
    expect(ring.arena[BLOCK]).toBe(0);
  });

  it('a discarded range of a loop device reads as zeros', () => {
    const ring = variant.ring([variant.open(loops.loop().path)]);
    ring.arena.fill(1, 0, 2 * BLOCK);
    ring.push(IO_OP.write, 0, 1, 0, 2 * BLOCK, 0);
    drain(ring);
    ring.push(IO_OP.discard, 0, 2, BLOCK, BLOCK, 0);
    expect(drain(ring)[0]!.result).toBe(BLOCK);
    ring.push(IO_OP.read, 0, 3, 0, 2 * BLOCK, 0);
    drain(ring);
    expect([ring.arena[BLOCK - 1], ring.arena[BLOCK]]).toEqual([1, 0]);
  });

  it('a misaligned I/O and one beyond the end return an errno; a read across the end is short', () => {
    const ring = variant.ring([variant.open(loops.loop().path)]);
    ring.push(IO_OP.read, 0, 1, 100, BLOCK, 0);
    ring.push(IO_OP.write, 0, 2, DEFAULT_LOOP_BYTES, BLOCK, 0);
    ring.push(IO_OP.read, 0, 3, DEFAULT_LOOP_BYTES - BLOCK, 2 * BLOCK, 0);
    const results = Object.fromEntries(drain(ring).map((c) => [c.tag, c.result]));
    expect(results).toEqual({ 1: -constants.errno.EINVAL, 2: -constants.errno.ENOSPC, 3: BLOCK });
  });

  it('times are CLOCK_MONOTONIC, and completion is never before submission', () => {
    const ring = variant.ring([variant.open(loops.loop().path)]);
    let before = Number(process.hrtime.bigint());
    for (let round = 0; round < 20; round++) {
      ring.push(IO_OP.flush, 0, round, 0, 0, 0);
      const [c] = drain(ring);
      expect(c!.submittedNs).toBeGreaterThanOrEqual(before);
      expect(c!.completedNs).toBeGreaterThanOrEqual(c!.submittedNs);
      before = c!.completedNs;
    }
    expect(Number(process.hrtime.bigint())).toBeGreaterThanOrEqual(before);
  });
});
