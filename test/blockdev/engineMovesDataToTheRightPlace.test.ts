/** Promise: what is pushed arrives at its device, offset and arena place, and its completion says so, in every variant. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { DEFAULT_LOOP_BYTES, useLoops } from './loop.js';
import { drain, forEachVariant } from './variants.js';

const loops = useLoops();
const BLOCK = 4096;

forEachVariant((variant) => {
  it('two devices, written out of order, read back; flush and durable write included', () => {
    const [a, b] = [loops.loop(), loops.loop({ sectorBytes: 4096 })];
    const engine = variant.engine([variant.open(a.path), variant.open(b.path)]);
    expect({ kind: engine.kind, ffi: engine.ffi, bytes: engine.arena.length }).toEqual({
      kind: variant.kind,
      ffi: variant.ffi,
      bytes: 2 ** 20,
    });
    engine.arena.fill('A', 0, BLOCK).fill('B', BLOCK, 2 * BLOCK);
    engine.push(IO_OP.write, 0, 0xffff_ffff, 5 * BLOCK, BLOCK, 0);
    engine.push(IO_OP.writeDurable, 1, 1, 0, BLOCK, BLOCK);
    expect(engine.inFlight).toBe(2);
    const results = drain(engine).map((c) => [c.tag, c.result]);
    expect(Object.fromEntries(results)).toEqual({ 0xffff_ffff: BLOCK, 1: BLOCK });

    engine.push(IO_OP.flush, 0, 2, 0, 0, 0);
    engine.push(IO_OP.read, 0, 3, 4 * BLOCK, 2 * BLOCK, 8 * BLOCK);
    engine.push(IO_OP.read, 1, 4, 0, BLOCK, 16 * BLOCK);
    expect(Object.fromEntries(drain(engine).map((c) => [c.tag, c.result]))).toEqual({ 2: 0, 3: 2 * BLOCK, 4: BLOCK });
    expect(engine.arena.toString('latin1', 8 * BLOCK, 10 * BLOCK)).toBe('\0'.repeat(BLOCK) + 'A'.repeat(BLOCK));
    expect(engine.arena.toString('latin1', 16 * BLOCK, 17 * BLOCK)).toBe('B'.repeat(BLOCK));
    expect(
      readFileSync(a.file)
        .subarray(5 * BLOCK, 6 * BLOCK)
        .toString('latin1'),
    ).toBe('A'.repeat(BLOCK));
  });

  it('beyond 4 GiB, from an arena of many MiB', () => {
    const loop = loops.loop({ sizeBytes: 2 ** 33 });
    const engine = variant.engine([variant.open(loop.path)], { arenaBytes: 48 * 2 ** 20 });
    const far = 2 ** 33 - BLOCK;
    engine.arena.fill('Z', 40 * 2 ** 20, 40 * 2 ** 20 + BLOCK);
    engine.push(IO_OP.write, 0, 1, far, BLOCK, 40 * 2 ** 20);
    expect(drain(engine)[0]!.result).toBe(BLOCK);
    engine.push(IO_OP.read, 0, 1, far, BLOCK, 0);
    engine.push(IO_OP.read, 0, 2, far % 2 ** 32, BLOCK, BLOCK);
    drain(engine);
    expect(engine.arena.toString('latin1', 0, 3)).toBe('ZZZ');
    expect(engine.arena[BLOCK]).toBe(0);
  });

  it('a discard reads as zeros on a loop device', () => {
    const engine = variant.engine([variant.open(loops.loop().path)]);
    engine.arena.fill(1, 0, 2 * BLOCK);
    engine.push(IO_OP.write, 0, 1, 0, 2 * BLOCK, 0);
    drain(engine);
    engine.push(IO_OP.discard, 0, 2, BLOCK, BLOCK, 0);
    expect(drain(engine)[0]!.result).toBe(BLOCK);
    engine.push(IO_OP.read, 0, 3, 0, 2 * BLOCK, 0);
    drain(engine);
    expect([engine.arena[BLOCK - 1], engine.arena[BLOCK]]).toEqual([1, 0]);
  });

  it('failures are results: misaligned, beyond the end; a read at the end comes short', () => {
    const engine = variant.engine([variant.open(loops.loop().path)]);
    engine.push(IO_OP.read, 0, 1, 100, BLOCK, 0);
    engine.push(IO_OP.write, 0, 2, DEFAULT_LOOP_BYTES, BLOCK, 0);
    engine.push(IO_OP.read, 0, 3, DEFAULT_LOOP_BYTES - BLOCK, 2 * BLOCK, 0);
    const results = Object.fromEntries(drain(engine).map((c) => [c.tag, c.result]));
    expect(results).toEqual({ 1: -constants.errno.EINVAL, 2: -constants.errno.ENOSPC, 3: BLOCK });
  });

  it('the clock is CLOCK_MONOTONIC, submission before completion, later batches later', () => {
    const engine = variant.engine([variant.open(loops.loop().path)]);
    let before = Number(process.hrtime.bigint());
    for (let round = 0; round < 20; round++) {
      engine.push(IO_OP.flush, 0, round, 0, 0, 0);
      const [c] = drain(engine);
      expect(c!.submittedNs).toBeGreaterThanOrEqual(before);
      expect(c!.completedNs).toBeGreaterThanOrEqual(c!.submittedNs);
      before = c!.completedNs;
    }
    expect(Number(process.hrtime.bigint())).toBeGreaterThanOrEqual(before);
  });
});
