/** Promise: the parts of an update's time add up to its latency, and quantiles are right to 1/32. */
import { expect, it } from 'vitest';
import { UpdateTimes } from '../../src/replication/updateTimes.js';

it('evidence, transfer and flush follow one another', () => {
  const times = new UpdateTimes(2);
  times.obtained(0, 100);
  times.obtained(1, 100);
  expect(times.submitted(0, 103)).toBe(3);
  expect(times.submitted(1, 101)).toBe(1);
  times.written(0, 104);
  times.written(0, 110);
  times.written(1, 105);
  times.answered(0, 130);
  times.answered(1, 115);
  const { updates, evidenceMs, transferMs, flushMs } = times.drain();
  expect({ updates, evidenceMs, transferMs, flushMs }).toEqual({
    updates: 2,
    evidenceMs: 2,
    transferMs: (7 + 4) / 2,
    flushMs: (20 + 10) / 2,
  });
});

it('an update that is refused takes no times of the update before it in the slot', () => {
  const times = new UpdateTimes(1);
  times.obtained(0, 0);
  times.submitted(0, 50);
  times.answered(0, 60);
  times.drain();
  times.obtained(0, 70);
  times.answered(0, 72);
  expect(times.drain()).toMatchObject({ evidenceMs: 0, transferMs: 0, flushMs: 2 });
});

it.each([0.003, 0.05, 0.9, 17, 4000])('quantiles of updates around %d ms', (scaleMs) => {
  const times = new UpdateTimes(1);
  for (let i = 1; i <= 1000; i++) {
    times.obtained(0, 0);
    times.answered(0, (scaleMs * i) / 1000);
  }
  const { latencyMsP50, latencyMsP99, latencyMsP999 } = times.drain();
  // Times are counted in µs.
  const near = (found: number, expected: number) => {
    expect(found).toBeGreaterThanOrEqual(expected);
    expect(found).toBeLessThanOrEqual(expected * (1 + 1 / 32) + 0.002);
  };
  near(latencyMsP50, scaleMs * 0.5);
  near(latencyMsP99, scaleMs * 0.99);
  near(latencyMsP999, scaleMs * 0.999);
});

it('nothing was answered: all times are 0', () => {
  expect(Object.values(new UpdateTimes(1).drain())).toEqual([0, 0, 0, 0, 0, 0, 0]);
});
