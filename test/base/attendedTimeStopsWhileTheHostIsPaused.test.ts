import { describe, expect, it } from 'vitest';
import { AttendedTime, type HostPause } from '../../src/base/attendedTime.js';
import { createPrng } from '../../src/base/prng.js';

const ALLOWANCE_MS = 20;
const CATCH_UP_MS = 50;

function timed() {
  const reported: HostPause[] = [];
  const time = new AttendedTime({ allowanceMs: ALLOWANCE_MS, catchUpMs: CATCH_UP_MS }, (pause) => reported.push(pause));
  let nowMs = 1000;
  time.look(nowMs);
  return {
    time,
    reported,
    /** Plans the next look after `restMs` and looks `lateMs` later than that. */
    after(restMs: number, lateMs = 0): number {
      time.rest(restMs);
      nowMs += restMs + lateMs;
      return time.look(nowMs);
    },
  };
}

describe('attended time', () => {
  it('passes like raw time while looks are in time or a little late', () => {
    const { after, reported } = timed();
    expect([after(10), after(10, ALLOWANCE_MS), after(0, ALLOWANCE_MS)]).toEqual([1010, 1040, 1060]);
    expect(reported).toEqual([]);
  });

  it('does not pass during a pause, nor during the catch-up after it', () => {
    const { after, reported } = timed();
    expect(after(10, 20_000)).toBe(1000);
    expect(after(CATCH_UP_MS - 30)).toBe(1000);
    expect(after(7)).toBe(1007);
    expect(reported).toEqual([{ atMs: 1000, ms: 20_000 }]);
  });

  it('passes on a host that is always late: by the planned gaps and the allowance, less a fifth', () => {
    const { after } = timed();
    let nowMs = 0;
    for (let i = 0; i < 1000; i++) nowMs = after(1, 149);
    expect(nowMs - 1000).toBeGreaterThan(1000 * (1 + ALLOWANCE_MS) * 0.79);
    expect(nowMs - 1000).toBeLessThanOrEqual(1000 * (1 + ALLOWANCE_MS));
  });

  it('never goes back', () => {
    const { time, after } = timed();
    const prng = createPrng(5);
    let before = 1000;
    for (let i = 0; i < 20_000; i++) {
      const nowMs = after(prng.nextBelow(30), prng.nextBelow(10) === 0 ? prng.nextBelow(500) : prng.nextBelow(3));
      expect(nowMs).toBeGreaterThanOrEqual(before);
      before = nowMs;
      if (prng.nextBelow(50) === 0) time.rest(prng.nextBelow(30));
    }
  });

  it('does not pass while it is held', () => {
    const { time, after, reported } = timed();
    time.hold(1000);
    expect(after(0, 5000)).toBe(1000);
    time.release(6000);
    expect(after(10)).toBe(1010);
    // Only the late look is reported; the hold itself is no pause.
    expect(reported).toEqual([{ atMs: 1000, ms: 5000 }]);
  });

  it('continues where it was after `begin`, and reports no pause', () => {
    const { time, reported } = timed();
    time.begin(90_000);
    expect([time.look(90_000), time.look(90_010)]).toEqual([1000, 1010]);
    expect(reported).toEqual([]);
  });
});
