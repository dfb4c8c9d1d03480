/**
 * Promise: a completion that comes after its update was given up changes nothing, and its buffer is not used before. A
 * completion with a tag that is not in flight stops the engine.
 */
import { expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { SECONDARY } from '../../src/tracker/core/devices.js';
import { drivenCore, REGION_BYTES } from './fakeRing.js';

const ACK_MS = 100;
const UPDATES = 50;

it('S answers after its timeout: no second answer, and S stays lost', () => {
  const driven = drivenCore({ ackTimeoutMs: ACK_MS });
  const { core, ring } = driven;
  ring.mute.add(SECONDARY);
  driven.write(0);
  driven.steps(() => driven.queue.outstanding === 0);
  expect(driven.lost()).toEqual([false, true, false]);
  expect(ring.unanswered(SECONDARY)).toBe(1);
  const answers = { ...driven.queue.answers };
  ring.mute.clear();
  driven.pass(ACK_MS);
  expect(ring.unanswered(SECONDARY)).toBe(0);
  expect(driven.queue.answers).toEqual(answers);
  expect(driven.queue.outstanding).toBe(0);
  expect(driven.lost()).toEqual([false, true, false]);
  expect(core.counters.acknowledged).toBe(0);
});

it('no later write uses the buffer of a write that S has not answered', () => {
  const driven = drivenCore({ ackTimeoutMs: ACK_MS });
  const { ring } = driven;
  ring.mute.add(SECONDARY);
  driven.write(0);
  driven.steps(() => driven.queue.outstanding === 0);
  const [late] = ring.pending;
  expect(late).toMatchObject({ device: SECONDARY, op: IO_OP.writeDurable });
  ring.events.length = 0;
  for (let i = 0; i < UPDATES; i++) {
    driven.write((1 + (i % 8)) * REGION_BYTES);
    driven.steps(() => driven.queue.outstanding === 0);
  }
  const writes = ring.events.flatMap((e) => (e.type === 'pushed' && e.io.op === IO_OP.writeDurable ? [e.io] : []));
  expect(writes.length).toBeGreaterThanOrEqual(UPDATES);
  expect(writes.filter((io) => io.arenaOffset === late.arenaOffset || io.tag === late.tag)).toEqual([]);
});

it.each([
  ['that was never used', 7],
  ['whose I/O has already completed', 0],
])('a completion with a tag %s throws', (_name, tag) => {
  const driven = drivenCore();
  driven.write(0);
  driven.steps(() => driven.queue.outstanding === 0);
  driven.pass(1000);
  expect(driven.ring.inFlight).toBe(0);
  driven.ring.forge(tag);
  expect(() => driven.driver.step(1, 1e6)).toThrow(`completion has tag ${tag}: no I/O with this tag is in flight`);
});
