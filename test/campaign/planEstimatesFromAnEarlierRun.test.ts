/**
 * Promise: the estimate of a campaign includes the duration of the run from which it is calculated, and grows with the
 * number of cycles. Without an earlier run there is only a lower bound.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Calibration } from '../../src/campaign/cycle/latencies.js';
import { estimateTime, planRun } from '../../src/campaign/plan.js';
import { labRig } from './labRig.js';

const rig = labRig('plan', {
  cycles: 10,
  cuts: ['{ rails: [P], during: load, after: 200ms }', '{ rails: [P, S], during: load, after: 200ms }'],
});
/** Each cycle of the profile has 200 ms of load and 100 ms of power-off time. */
const ASKED_MS = 300;

it('the duration of the earlier run lies within the estimate from that run', () => {
  const cycle = fc.record({
    tookMs: fc.integer({ min: 300, max: 100_000 }),
    askedMs: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(
    fc.property(
      fc.array(cycle, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 0, max: 10_000 }),
      (cycles, aroundMs) => {
        const askedMs = cycles.reduce((sum, c) => sum + c.askedMs, 0);
        const took = (aroundMs + cycles.reduce((sum, c) => sum + c.tookMs, 0)) / 1000;
        const { fromSeconds, toSeconds } = estimateTime({ cycles, aroundMs }, cycles.length, askedMs)!;
        expect(fromSeconds).toBeLessThanOrEqual(took + 1e-9);
        expect(toSeconds).toBeGreaterThanOrEqual(took - 1e-9);
      },
    ),
  );
});

it('times that the profile sets count as set, and all other times count as in the earlier run', () => {
  const former = {
    cycles: [
      { tookMs: 1000, askedMs: 400 },
      { tookMs: 1400, askedMs: 400 },
    ],
    aroundMs: 2000,
  };
  expect(planRun(rig, { former }).estimate).toEqual({
    fromSeconds: 2 + (10 * (ASKED_MS + 600)) / 1000,
    toSeconds: 2 + (10 * (ASKED_MS + 1000)) / 1000,
  });
  const twice = { ...rig, campaign: { ...rig.campaign, cycles: 20 } };
  expect(planRun(twice, { former }).estimate).toEqual({ fromSeconds: 20, toSeconds: 28 });
});

it('without an earlier cycle there is no estimate but a lower bound, and a calibration raises this bound', () => {
  expect(planRun(rig)).toMatchObject({ estimate: null, secondsAtLeast: 3 });
  expect(planRun(rig, { former: { cycles: [], aroundMs: 5 } }).estimate).toBeNull();
  const distribution = (ms: number) => ({ samples: [ms], min: ms, median: ms, p95: ms, max: ms });
  const rail = (returnMs: number) => ({ cut: distribution(10), return: distribution(returnMs) });
  const calibration: Calibration = {
    schemaVersion: 1,
    rig: 'plan',
    takenAt: '',
    rails: { P: rail(1000), S: rail(3000) },
  };
  // Five cycles wait for P alone, and five for the slower of P and S.
  expect(planRun(rig, { calibration }).secondsAtLeast).toBe(3 + 5 * 1 + 5 * 3);
});
