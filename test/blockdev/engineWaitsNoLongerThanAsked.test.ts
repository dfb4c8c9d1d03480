/** Promise: a device that hangs costs a step its timeout and no more; close waits for it, and loses nothing. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { freezableLoop } from './frozen.js';
import { useLoops } from './loop.js';
import { drain, forEachVariant } from './variants.js';

const loops = useLoops();
const TIMEOUT_NS = 300e6;
/** For a hang only. */
const TOOK_NS_MAX = 60e9;
const STEPS_MAX = 200;
const FROZEN_MS = 300;

forEachVariant((variant) => {
  const name = `${variant.kind}-${variant.ffi}`;

  it('a step returns at its timeout with what there is', () => {
    const disk = freezableLoop(loops, `step-${name}`);
    const engine = variant.engine([variant.open(disk.path), variant.open(loops.loop().path)]);
    disk.freeze();
    try {
      engine.push(IO_OP.write, 0, 1, 0, 4096, 0);
      engine.push(IO_OP.read, 1, 2, 8192, 4096, 4096);
      // On a busy machine the read, too, may need more than one step; each takes its timeout, whether it came or not.
      let reaped = 0;
      for (let left = STEPS_MAX; reaped === 0 && left > 0; left--) {
        const started = process.hrtime.bigint();
        reaped = engine.submitAndReap(2, TIMEOUT_NS);
        const tookNs = Number(process.hrtime.bigint() - started);
        expect(tookNs).toBeGreaterThanOrEqual(TIMEOUT_NS);
        expect(tookNs).toBeLessThan(TOOK_NS_MAX);
      }
      expect(reaped).toBe(1);
      expect(engine.tag(0)).toBe(2);
      expect(engine.inFlight).toBe(1);
      expect(engine.submitAndReap(0, 1e12)).toBe(0);
    } finally {
      disk.thaw(); // or the close after this test would wait for ever
    }
    expect(drain(engine)).toMatchObject([{ tag: 1, result: 4096 }]);
  });

  it('close waits until the write has landed', () => {
    const disk = freezableLoop(loops, `close-${name}`);
    const device = variant.open(disk.path);
    const engine = variant.engine([device]);
    engine.arena.fill('W', 0, 4096);
    disk.freeze();
    let isHelped = false;
    try {
      engine.push(IO_OP.writeDurable, 0, 1, 4096, 4096, 0);
      expect(engine.submitAndReap(1, 1e6)).toBe(0);
      const started = performance.now();
      // Another process: this one is stuck in close until then.
      isHelped = true;
      spawn('sh', ['-c', `sleep ${FROZEN_MS / 1000}; fsfreeze --unfreeze '${disk.mountPoint}'`], { stdio: 'ignore' });
      engine.close();
      expect(performance.now() - started).toBeGreaterThan(FROZEN_MS - 1);
    } catch (error) {
      if (!isHelped) disk.thaw(); // or the close after this test would wait for ever
      throw error;
    }
    device.close();
    expect(readFileSync(disk.file).subarray(4096, 8192).equals(Buffer.alloc(4096, 'W'))).toBe(true);
  });
});
