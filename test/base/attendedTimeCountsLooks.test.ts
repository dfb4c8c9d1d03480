import { describe, expect, it } from 'vitest';
import { AttendedTime, type HostPause } from '../../src/base/attendedTime.js';
import { createPrng } from '../../src/base/prng.js';

const ALLOWANCE_MS = 20;
const CATCH_UP_MS = 50;

function timed() {
  const told: HostPause[] = [];
  const time = new AttendedTime({ allowanceMs: ALLOWANCE_MS, catchUpMs: CATCH_UP_MS }, (standstill) =>
    told.push(standstill),
  );
  let nowMs = 1000;
  time.look(nowMs);
  return {
    time,
    told,
    /** Rests for so long and looks so much later. */
    after(restMs: number, lateMs = 0): number {
      time.rest(restMs);
      nowMs += restMs + lateMs;
      return time.look(nowMs);
    },
  };
}

describe('attended time', () => {
  it('passes as the raw time does while looks come as meant, or a little late', () => {
    const { after, told } = timed();
    expect([after(10), after(10, ALLOWANCE_MS), after(0, ALLOWANCE_MS)]).toEqual([1010, 1040, 1060]);
    expect(told).toEqual([]);
  });

  it('does not pass while nobody looks, nor for a moment after', () => {
    const { after, told } = timed();
    expect(after(10, 20_000)).toBe(1000);
    expect(after(CATCH_UP_MS - 30)).toBe(1000);
    expect(after(7)).toBe(1007);
    expect(told).toEqual([{ atMs: 1000, ms: 20_000 }]);
  });

  it('passes on a host that is always late: what was meant, the allowance, and a fifth less', () => {
    const { after } = timed();
    let nowMs = 0;
    for (let i = 0; i < 1000; i++) nowMs = after(1, 149);
    expect(nowMs - 1000).toBeGreaterThan(1000 * (1 + ALLOWANCE_MS) * 0.79);
    expect(nowMs - 1000).toBeLessThanOrEqual(1000 * (1 + ALLOWANCE_MS));
  });

  it('never goes back, whatever comes', () => {
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

  it('stands still while it is held, and nobody is told', () => {
    const { time, after, told } = timed();
    time.hold(1000);
    expect(after(0, 5000)).toBe(1000);
    time.release(6000);
    expect(after(10)).toBe(1010);
    expect(told.length).toBeLessThanOrEqual(1);
  });

  it('begins again where it was, and nobody is told', () => {
    const { time, told } = timed();
    time.begin(90_000);
    expect([time.look(90_000), time.look(90_010)]).toEqual([1000, 1010]);
    expect(told).toEqual([]);
  });
});
