/** Promise: a seed and the number of a cycle determine everything that the cycle draws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawCycle, railCuts, mixSeed, uniform } from '../../src/campaign/cycle/cycleSettings.js';
import { RAILS } from './fakeBench.js';
import { campaign } from './runFake.js';

const SEED = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('seeds', () => {
  it('are derived with a fixed function, because recorded seeds must draw the same cycles again', () => {
    expect([mixSeed(0, 0), mixSeed(0, 1), mixSeed(20260101, 5), mixSeed(Number.MAX_SAFE_INTEGER, 1e6)])
      .toMatchInlineSnapshot(`
      [
        7956156453446585,
        3886858653415212,
        4425711498960996,
        4728655631006222,
      ]
    `);
  });

  it('are safe integers and draw within the given range', () => {
    fc.assert(
      fc.property(SEED, fc.nat({ max: 1_000_000 }), (seed, n) => {
        const mixed = mixSeed(seed, n);
        expect(Number.isSafeInteger(mixed) && mixed >= 0).toBe(true);
        const drawn = uniform(mixed, 200, 800);
        expect(drawn >= 200 && drawn < 800).toBe(true);
      }),
    );
  });

  it('draw the same cycle again, independent of earlier cycles', () => {
    const plan = (index: number): unknown => drawCycle(campaign(), RAILS, 99, index);
    expect(plan(17)).toEqual(plan(17));
    expect(plan(17)).not.toEqual(plan(18));
  });
});

describe('a cut of rails', () => {
  it('powers an area off only when it includes every rail that feeds the area', () => {
    const dual = [RAILS[0], { ...RAILS[1], name: 'P2', powers: ['primary' as const] }];
    expect(railCuts(['P'], dual)).toEqual([{ rail: 'P', areas: [] }]);
    expect(railCuts(['P', 'P2'], dual).flatMap((r) => [...r.areas])).toEqual(['primary']);
  });
});
