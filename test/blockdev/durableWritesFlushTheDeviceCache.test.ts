/** Promise: a durable write and a flush make the device flush its cache, a plain write does not. The kernel counts. */
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
    ['a plain write causes no flush', IO_OP.write, 0],
    ['each durable write causes a flush', IO_OP.writeDurable, ROUNDS],
    ['each flush reaches the device', IO_OP.flush, ROUNDS],
  ];
  for (const [name, op, flushes] of cases) {
    it(name, () => {
      const device = variant.open(loops.loop().path);
      const ring = variant.ring([device]);
      const before = flushesOf(device.identity.kernelName);
      for (let i = 0; i < ROUNDS; i++) {
        ring.push(op, 0, i, i * 4096, 4096, 0);
        drain(ring);
      }
      const counted = flushesOf(device.identity.kernelName) - before;
      // After a blocking durable write the kernel may send one more flush, besides the one that replaces FUA.
      expect(counted).toBeGreaterThanOrEqual(flushes);
      expect(counted).toBeLessThanOrEqual(2 * flushes);
    });
  }
});
