/** Promise: close frees the pages of the arena at once, and its address range once no view of it exists. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { useLoops } from './loop.js';
import { forEachVariant } from './variants.js';

const loops = useLoops();
const MIB = 2 ** 20;
const ARENA_MIB = 64;
const RINGS = 20;
/** The rest of the process also allocates and frees. */
const SLACK_MIB = 200;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function memoryMib(field: 'VmRSS' | 'VmSize'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line![1]) / 1024;
}

forEachVariant((variant) => {
  it('rings that are created and closed in turn leave no memory behind', async () => {
    const { path } = loops.loop();
    const before = { VmRSS: memoryMib('VmRSS'), VmSize: memoryMib('VmSize') };
    for (let i = 0; i < RINGS; i++) {
      const device = variant.open(path);
      const ring = variant.ring([device], { arenaBytes: ARENA_MIB * MIB });
      ring.arena.fill(1);
      ring.close();
      device.close();
    }
    expect(memoryMib('VmRSS') - before.VmRSS).toBeLessThan(SLACK_MIB);
    // Finalizers run after a collection, on a later turn of the event loop.
    for (let turn = 0; turn < 20 && memoryMib('VmSize') - before.VmSize > SLACK_MIB; turn++) {
      collectGarbage();
      await sleep(20);
    }
    expect(memoryMib('VmSize') - before.VmSize).toBeLessThan(SLACK_MIB);
  });
});
