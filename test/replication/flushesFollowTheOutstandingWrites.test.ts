/** Promise: a flush is submitted when it is worth more than the writes that would still join it. */
import { expect, it } from 'vitest';
import { FlushPacing } from '../../src/replication/flushPacing.js';
import { PRIMARY, SECONDARY } from '../../src/tracker/core/devices.js';

const US = 1000;

/** Writes that complete one after the other, and a flush. */
function measured({ gapUs, flushUs }: { gapUs: number; flushUs: number }): FlushPacing {
  const pacing = new FlushPacing();
  for (let i = 1; i <= 200; i++) pacing.ended(PRIMARY, false, 0, i * gapUs * US);
  for (let i = 0; i < 100; i++) pacing.ended(PRIMARY, true, 0, flushUs * US);
  return pacing;
}

/** Writes that wait until a flush pays, of 32 outstanding ones; 32: only when no other can join. */
function batch(pacing: FlushPacing): number {
  let waiting = 1;
  while (waiting < 32 && !pacing.pays(PRIMARY, waiting, 32 - waiting)) waiting++;
  return waiting;
}

it.each([
  ['fast: a share of the outstanding writes', { gapUs: 20, flushUs: 40 }, 24],
  ['as slow as 28 writes: as many', { gapUs: 20, flushUs: 559 }, 28],
  ['as slow as all of them: all join', { gapUs: 20, flushUs: 5000 }, 32],
])('the flush of a device is %s', (_what, speed, expected) => {
  expect(batch(measured(speed))).toBe(expected);
});

it('an area is judged by its own speed', () => {
  const pacing = measured({ gapUs: 20, flushUs: 5000 });
  for (let i = 1; i <= 200; i++) pacing.ended(SECONDARY, false, 0, i * 20 * US);
  pacing.ended(SECONDARY, true, 0, 10 * US);
  expect(pacing.pays(SECONDARY, 24, 8)).toBe(true);
  expect(pacing.pays(PRIMARY, 24, 8)).toBe(false);
});

it('a pause of the application does not count as the speed of the device', () => {
  const pacing = measured({ gapUs: 20, flushUs: 40 });
  const before = batch(pacing);
  // An hour later. As the gap only gets longer, waiting for a further write costs more, not less.
  pacing.ended(PRIMARY, false, 0, 3_600_000_000 * US);
  expect(batch(pacing)).toBe(before);
});
