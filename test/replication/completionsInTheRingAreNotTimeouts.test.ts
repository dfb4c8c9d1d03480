/** Promise: a device is late only when it was looked at and had not answered; the thread's own standstill counts for nobody. */
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

/** An update is on its way, and the device has left its I/O unanswered for so long. */
function waitingFor(device: 0 | 1 | 2, ms: number) {
  const bench = drivenCore(ACK_MS);
  bench.ring.mute.add(device);
  bench.write();
  bench.steps(() => bench.ring.inFlight > 0);
  bench.pass(ms);
  return bench;
}

describe.each(DEVICES)('%s', (_name, device) => {
  it.each([60, 98])(
    'that answered while the thread stood still for longer than the timeout is not lost (asked %i ms before)',
    (askedMs) => {
      const bench = waitingFor(device, askedMs);
      bench.ring.nowMs += 1.5 * ACK_MS;
      bench.ring.mute.clear();
      bench.pass(3 * ACK_MS);
      expect(bench.lost()).toEqual(NONE_LOST);
      expect(bench.core.counters.timeouts).toBe(0);
      expect(bench.core.counters.acknowledged).toBe(1);
      expect(bench.standstills).toEqual([expect.objectContaining({ ms: expect.closeTo(1.5 * ACK_MS, 0) as number })]);
    },
  );

  it('that answered just before its time was over is not lost, though it is looked at after it', () => {
    const bench = waitingFor(device, ACK_MS - 5);
    bench.ring.nowMs += 15;
    bench.ring.mute.clear();
    bench.pass(ACK_MS);
    expect([bench.lost(), bench.standstills]).toEqual([NONE_LOST, []]);
  });

  it('that needs a moment of its own after all stood still has it', () => {
    const bench = waitingFor(device, ACK_MS - 5);
    bench.ring.nowMs += 20_000;
    bench.pass(100);
    bench.ring.mute.clear();
    bench.pass(ACK_MS);
    expect(bench.lost()).toEqual(NONE_LOST);
  });

  it('that does not answer while it is looked at is lost at its time', () => {
    const bench = waitingFor(device, ACK_MS - 5);
    expect(bench.lost()).toEqual(NONE_LOST);
    bench.pass(10);
    expect(bench.lost()).toEqual(LOST[device]);
  });

  it('that hangs through a standstill is lost soon after it', () => {
    const bench = waitingFor(device, 10);
    bench.ring.nowMs += 20_000;
    bench.pass(10 * ACK_MS);
    expect(bench.lost()).toEqual(LOST[device]);
  });

  it('that hangs is lost on a host on which the thread is always late, too', () => {
    const bench = waitingFor(device, 10);
    for (let i = 0; i < 1000; i++) {
      bench.ring.nowMs += 150;
      bench.pass(1);
    }
    expect(bench.lost()).toEqual(LOST[device]);
  });
});

it('time between two works counts for nobody, and is no standstill', () => {
  const bench = waitingFor(PRIMARY, 10);
  bench.ring.nowMs += 60_000;
  bench.ring.mute.clear();
  bench.clock.begin();
  bench.pass(ACK_MS);
  expect([bench.lost(), bench.standstills]).toEqual([NONE_LOST, []]);
});
