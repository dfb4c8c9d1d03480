/** Promise: the planned depth of the ring is enough for all I/O that the core can have in flight at once. */
import { expect, it } from 'vitest';
import { PRIMARY, SECONDARY } from '../../src/tracker/core/devices.js';
import { BUSY } from '../../src/tracker/core/core.js';
import { drivenCore, REGION_BYTES } from './fakeRing.js';

const QUEUE_DEPTH = 32;
const BLOCK = 4096;

it('a full queue of updates on devices that do not answer, with a resync, stays within the depth', () => {
  const driven = drivenCore({ queueDepth: QUEUE_DEPTH, ackTimeoutMs: 1e9, dirty: [8, 10, 12, 14] });
  const { core, driver, ring } = driven;
  ring.mute.add(PRIMARY).add(SECONDARY);
  let obtained = 0;
  // Different blocks: no update waits for another one.
  for (let i = 0; i < 4 * QUEUE_DEPTH; i++) {
    const slot = core.obtain(core.begin(), (i % 8) * REGION_BYTES + Math.floor(i / 8) * BLOCK, BLOCK, driver.nowMs);
    if (slot === BUSY) break;
    driver.obtained(slot, driver.nowMs);
    driven.queue.obtained();
    obtained++;
    driver.step(0, 0);
  }
  // Started earlier, resync would also copy regions that the small log makes dirty, and updates would wait for it.
  core.startResync();
  driven.pass(100);
  expect(obtained).toBeGreaterThanOrEqual(QUEUE_DEPTH);
  expect(ring.unanswered(PRIMARY)).toBeGreaterThanOrEqual(QUEUE_DEPTH + 4);
  expect(ring.unanswered(SECONDARY)).toBeGreaterThanOrEqual(QUEUE_DEPTH);
  expect(ring.inFlightMax).toBeLessThanOrEqual(ring.depth);
  ring.mute.clear();
  driven.steps(() => driven.queue.outstanding === 0);
  expect(driven.queue.answers.ok).toBe(obtained);
});

it('the ring refuses I/O beyond its depth', () => {
  const { ring } = drivenCore();
  ring.mute.add(PRIMARY);
  for (let i = 0; i < ring.depth; i++) ring.push(1, PRIMARY, i, 0, BLOCK, 0);
  expect(() => ring.push(1, PRIMARY, 0, 0, BLOCK, 0)).toThrow(RangeError);
});
