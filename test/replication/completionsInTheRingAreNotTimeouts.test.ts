/**
 * Promise: a device times out only when the thread has looked at the ring and found no completion. A pause of the
 * thread itself never makes a device time out.
 */
import { describe, expect, it } from 'vitest';
import { JOURNAL, PRIMARY, SECONDARY } from '../../src/tracker/core/devices.js';
import { drivenCore } from './fakeRing.js';

const ACK_MS = 100;
const NONE_LOST = [false, false, false];
const LOST = { [PRIMARY]: [true, false, false], [SECONDARY]: [false, true, false], [JOURNAL]: [false, false, true] };
const DEVICES = [
  ['P', PRIMARY],
  ['S', SECONDARY],
  ['the journal', JOURNAL],
] as const;

/** Obtains an update whose I/O the device leaves unanswered, and lets `ms` pass. */
function waitingFor(device: 0 | 1 | 2, ms: number) {
  const driven = drivenCore({ ackTimeoutMs: ACK_MS });
  driven.ring.mute.add(device);
  driven.write();
  driven.steps(() => driven.ring.inFlight > 0);
  driven.pass(ms);
  return driven;
}

describe.each(DEVICES)('%s', (_name, device) => {
  it.each([60, 98])(
    'is not lost when it answers during a pause longer than the timeout (I/O sent %i ms before)',
    (sentMs) => {
      const driven = waitingFor(device, sentMs);
      driven.ring.nowMs += 1.5 * ACK_MS;
      driven.ring.mute.clear();
      driven.pass(3 * ACK_MS);
      expect(driven.lost()).toEqual(NONE_LOST);
      expect(driven.core.counters.timeouts).toBe(0);
      expect(driven.core.counters.acknowledged).toBe(1);
      expect(driven.pauses).toEqual([expect.objectContaining({ ms: expect.closeTo(1.5 * ACK_MS, 0) as number })]);
    },
  );

  it('is not lost when it answers before its deadline and the thread looks after it', () => {
    const driven = waitingFor(device, ACK_MS - 5);
    driven.ring.nowMs += 15;
    driven.ring.mute.clear();
    driven.pass(ACK_MS);
    expect([driven.lost(), driven.pauses]).toEqual([NONE_LOST, []]);
  });

  it('is not lost when it answers shortly after a pause', () => {
    const driven = waitingFor(device, ACK_MS - 5);
    driven.ring.nowMs += 20_000;
    driven.pass(100);
    driven.ring.mute.clear();
    driven.pass(ACK_MS);
    expect(driven.lost()).toEqual(NONE_LOST);
  });

  it('is lost at its deadline when it does not answer', () => {
    const driven = waitingFor(device, ACK_MS - 5);
    expect(driven.lost()).toEqual(NONE_LOST);
    driven.pass(10);
    expect(driven.lost()).toEqual(LOST[device]);
  });

  it('is lost soon after a pause when it does not answer', () => {
    const driven = waitingFor(device, 10);
    driven.ring.nowMs += 20_000;
    driven.pass(10 * ACK_MS);
    expect(driven.lost()).toEqual(LOST[device]);
  });

  it('is lost when it does not answer, also on a host where the thread is always late', () => {
    const driven = waitingFor(device, 10);
    for (let i = 0; i < 1000; i++) {
      driven.ring.nowMs += 150;
      driven.pass(1);
    }
    expect(driven.lost()).toEqual(LOST[device]);
  });
});

it('time between two loops makes no device time out, and is no pause', () => {
  const driven = waitingFor(PRIMARY, 10);
  driven.ring.nowMs += 60_000;
  driven.ring.mute.clear();
  driven.clock.begin();
  driven.pass(ACK_MS);
  expect([driven.lost(), driven.pauses]).toEqual([NONE_LOST, []]);
});
