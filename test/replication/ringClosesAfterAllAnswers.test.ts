/** Promise: a ring is closed once every device has answered; meanwhile the main thread can read what is missing. */
import { expect, it } from 'vitest';
import { PRIMARY, SECONDARY } from '../../src/tracker/core/devices.js';
import { Control } from '../../src/replication/worker/channel.js';
import { drainAndClose } from '../../src/replication/worker/resources.js';
import { FakeRing, drivenCore, REGION_BYTES } from './fakeRing.js';

const SLICES = 5;

it('waits in slices until the device answers, reports its I/O meanwhile, and then closes', () => {
  const control = new Control();
  const seen: unknown[] = [];
  class SlowRing extends FakeRing {
    override discard(): number {
      expect(this.closed).toBe(false);
      seen.push(control.unanswered());
      if (seen.length === SLICES) this.mute.clear();
      return super.discard();
    }
  }
  const ring = new SlowRing(4096, 8);
  ring.mute.add(SECONDARY);
  ring.push(1, PRIMARY, 0, 0, 512, 0);
  ring.push(2, SECONDARY, 1, 0, 512, 0);
  ring.push(2, SECONDARY, 2, 512, 512, 0);
  drainAndClose(ring, control);
  expect(seen).toEqual([{}, ...Array.from({ length: SLICES - 1 }, () => ({ secondary: 2 }))]);
  expect(ring.inFlight).toBe(0);
  expect(ring.closed).toBe(true);
  expect(control.unanswered()).toEqual({});
});

it('an orderly end drains: updates in flight are answered, and no evidence is left in the log', () => {
  const driven = drivenCore();
  const { core, ring } = driven;
  for (const region of [1, 2, 3]) driven.write(region * REGION_BYTES);
  core.drain();
  driven.steps(() => core.quiescent);
  expect(driven.queue.answers).toEqual({ ok: 3, refused: 0, failed: 0 });
  expect(ring.inFlight).toBe(0);
  expect(core.dirtyRegions).toBe(0);
});
