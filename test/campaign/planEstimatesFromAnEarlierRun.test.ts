/**
 * Promise: an estimate holds the run that it is taken from, grows with the cycles, and is none without a run to go by.
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
/** 200 ms of load, 100 ms dark. */
const ASKED_MS = 300;

it('the run before lies within its own estimate', () => {
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

it('what the profile asks for counts as it is asked; the rest as it took', () => {
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

it('none without a run, or a cycle of it, to go by: a lower bound, which a calibration raises', () => {
  expect(planRun(rig)).toMatchObject({ estimate: null, secondsAtLeast: 3 });
  expect(planRun(rig, { former: { cycles: [], aroundMs: 5 } }).estimate).toBeNull();
  const distribution = (ms: number) => ({ samples: [ms], min: ms, median: ms, p95: ms, max: ms });
  const rail = (back: number) => ({ cut: distribution(10), return: distribution(back) });
  const calibration: Calibration = {
    schemaVersion: 1,
    rig: 'plan',
    takenAt: '',
    rails: { P: rail(1000), S: rail(3000) },
  };
  // Half the cycles wait for P, half for the slower of the two.
  expect(planRun(rig, { calibration }).secondsAtLeast).toBe(3 + 5 * 1 + 5 * 3);
});
