/** Promise: a durable write and a flush make the device flush its cache, a plain write does not. Counted by the kernel. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { IO_OP, type IoOp } from '../../src/blockdev/blockDevice.js';
import { useLoops } from './loop.js';
import { drain, forEachVariant } from './variants.js';

const loops = useLoops();
const ROUNDS = 10;
/** Documentation/admin-guide/iostats: the 16th number of `stat` is flush requests completed. */
const FLUSHES_COLUMN = 15;

function flushesOf(kernelName: string): number {
  return Number(readFileSync(`/sys/block/${kernelName}/stat`, 'utf8').trim().split(/\s+/)[FLUSHES_COLUMN]);
}

forEachVariant((variant) => {
  const cases: [name: string, op: IoOp, flushes: number][] = [
    ['a plain write: none', IO_OP.write, 0],
    ['a durable write: one each', IO_OP.writeDurable, ROUNDS],
    ['a flush: one each', IO_OP.flush, ROUNDS],
  ];
  for (const [name, op, flushes] of cases) {
    it(name, () => {
      const device = variant.open(loops.loop().path);
      const engine = variant.engine([device]);
      const before = flushesOf(device.identity.kernelName);
      for (let i = 0; i < ROUNDS; i++) {
        engine.push(op, 0, i, i * 4096, 4096, 0);
        drain(engine);
      }
      const counted = flushesOf(device.identity.kernelName) - before;
      // A blocking durable write may be followed by a flush of its own beside the one the cache needs for FUA.
      expect(counted).toBeGreaterThanOrEqual(flushes);
      expect(counted).toBeLessThanOrEqual(2 * flushes);
    });
  }
});
