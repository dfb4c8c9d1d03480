/**
 * Promise (R13): of two updates that overlap, the second goes to an area only after the first has completed on both.
 */
import { expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../../src/tracker/core/devices.js';
import { drivenCore, type FakeIo } from './fakeRing.js';

const WAIT_MS = 20;
const isData = (io: FakeIo): boolean => io.device !== JOURNAL && io.op === IO_OP.writeDurable;

it.each([PRIMARY, SECONDARY])('the second update waits while area %i has not answered the first', (area) => {
  const driven = drivenCore();
  const first = (io: FakeIo): boolean => isData(io) && io.device === area && io.offset === 0;
  driven.ring.holds = first;
  driven.write(0, 8192);
  driven.write(4096, 8192);
  driven.pass(WAIT_MS);
  const pushed = (): number[][] =>
    driven.ring.events.flatMap((e) => (e.type === 'pushed' && isData(e.io) ? [[e.io.device, e.io.offset]] : []));
  expect(pushed()).toEqual([
    [PRIMARY, 0],
    [SECONDARY, 0],
  ]);
  driven.ring.holds = () => false;
  driven.steps(() => driven.queue.answers.ok === 2);
  expect(pushed().slice(2)).toEqual([
    [PRIMARY, 4096],
    [SECONDARY, 4096],
  ]);
});

it('at no time are two overlapping writes in flight, in random runs of updates', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const driven = drivenCore({ queueDepth: 8 });
    let state = seed;
    const random = (n: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % n;
    };
    driven.ring.holds = (io) => isData(io) && random(3) > 0;
    for (let i = 0; i < 200; i++) {
      if (driven.queue.outstanding < 8) driven.write(4096 * random(12), 4096 * (1 + random(4)));
      driven.driver.step(0, 0);
      const data = driven.ring.pending.filter(isData);
      for (const a of data)
        for (const b of data)
          if (a !== b && a.device === b.device)
            expect(a.offset >= b.offset + b.length || b.offset >= a.offset + a.length, `seed ${seed}`).toBe(true);
    }
    driven.ring.holds = () => false;
    driven.steps(() => driven.queue.outstanding === 0);
    expect(driven.queue.answers).toMatchObject({ refused: 0, failed: 0 });
  }
});
