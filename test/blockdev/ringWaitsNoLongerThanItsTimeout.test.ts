/**
 * Promise: while a device hangs, a step takes its timeout and no longer; close waits for the device and loses no write.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { freezableLoop } from './frozen.js';
import { useLoops } from './loop.js';
import { drain, forEachVariant } from './variants.js';

const loops = useLoops();
const TIMEOUT_NS = 300e6;
/** Bounds a hang only. */
const TOOK_NS_MAX = 60e9;
const STEPS_MAX = 200;
const FROZEN_MS = 300;

forEachVariant((variant) => {
  const name = `${variant.kind}-${variant.ffi}`;

  it('a step returns at its timeout with the completions that have arrived', () => {
    const disk = freezableLoop(loops, `step-${name}`);
    const ring = variant.ring([variant.open(disk.path), variant.open(loops.loop().path)]);
    disk.freeze();
    try {
      ring.push(IO_OP.write, 0, 1, 0, 4096, 0);
      ring.push(IO_OP.read, 1, 2, 8192, 4096, 4096);
      // On a busy machine the read may also need more than one step. Each step takes its timeout in both cases.
      let reaped = 0;
      for (let left = STEPS_MAX; reaped === 0 && left > 0; left--) {
        const started = process.hrtime.bigint();
        reaped = ring.submitAndReap(2, TIMEOUT_NS);
        const tookNs = Number(process.hrtime.bigint() - started);
        expect(tookNs).toBeGreaterThanOrEqual(TIMEOUT_NS);
        expect(tookNs).toBeLessThan(TOOK_NS_MAX);
      }
      expect(reaped).toBe(1);
      expect(ring.tag(0)).toBe(2);
      expect(ring.inFlight).toBe(1);
      expect(ring.submitAndReap(0, 1e12)).toBe(0);
    } finally {
      disk.thaw(); // else the close after this test never returns
    }
    expect(drain(ring)).toMatchObject([{ tag: 1, result: 4096 }]);
  });

  it('close waits until the write has completed', () => {
    const disk = freezableLoop(loops, `close-${name}`);
    const device = variant.open(disk.path);
    const ring = variant.ring([device]);
    ring.arena.fill('W', 0, 4096);
    disk.freeze();
    let thawsLater = false;
    try {
      ring.push(IO_OP.writeDurable, 0, 1, 4096, 4096, 0);
      expect(ring.submitAndReap(1, 1e6)).toBe(0);
      const started = performance.now();
      // Another process thaws: this one blocks in close until then.
      thawsLater = true;
      spawn('sh', ['-c', `sleep ${FROZEN_MS / 1000}; fsfreeze --unfreeze '${disk.mountPoint}'`], { stdio: 'ignore' });
      ring.close();
      expect(performance.now() - started).toBeGreaterThan(FROZEN_MS - 1);
    } catch (error) {
      if (!thawsLater) disk.thaw(); // else the close after this test never returns
      throw error;
    }
    device.close();
    expect(readFileSync(disk.file).subarray(4096, 8192).equals(Buffer.alloc(4096, 'W'))).toBe(true);
  });
});
