/** Promise: close gives the arena's pages back at once, and its addresses when nobody holds a view of them any more. */
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
const ENGINES = 20;
/** Everything else in the process also breathes. */
const SLACK_MIB = 200;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function memoryMib(field: 'VmRSS' | 'VmSize'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line![1]) / 1024;
}

forEachVariant((variant) => {
  it('many engines one after the other', async () => {
    const { path } = loops.loop();
    const before = { VmRSS: memoryMib('VmRSS'), VmSize: memoryMib('VmSize') };
    for (let i = 0; i < ENGINES; i++) {
      const device = variant.open(path);
      const engine = variant.engine([device], { arenaBytes: ARENA_MIB * MIB });
      engine.arena.fill(1);
      engine.close();
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
