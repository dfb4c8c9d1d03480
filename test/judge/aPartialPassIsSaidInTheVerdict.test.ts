/**
 * Promises: a cycle whose passes read only the touched regions passes when they have read all that they had to, and the
 * text says how much that was and when all was read last. A fault that a later pass finds is dated.
 */
import { describe, expect, it } from 'vitest';
import { coverageText, faultsSince } from '../../src/judge/verdict/coverage.js';
import type { PassCoverage } from '../../src/judge/verdict/reports.js';
import { cycleVerdict, type CycleObservations } from '../../src/judge/verdict/verdict.js';
import { soundCycle } from './soundCycle.js';

const TOUCHED: PassCoverage = {
  extent: 'touched',
  regions: 1204,
  regionCount: 1_048_576,
  scrubbedRegions: 0,
  bytes: 800 * 512,
  cycle: 15,
  lastFullCycle: 3,
};
const FULL: PassCoverage = { ...TOUCHED, extent: 'full', regions: 1_048_576 };
const sound = soundCycle();
const judge = (change: object, sectorsRead = 800): CycleObservations['judge'] => {
  const area = { faults: {}, legal: {}, sectorsRead };
  return { ...sound.judge!, areas: { primary: area, secondary: area }, ...change };
};

it('the text counts regions and cycles', () => {
  expect(coverageText(undefined)).toBeNull();
  expect(coverageText(FULL)).toBeNull();
  expect(coverageText(TOUCHED)).toBe('1 204 of 1 048 576 regions; last full pass 12 cycles ago');
  expect(coverageText({ ...TOUCHED, cycle: 4, scrubbedRegions: 1000 })).toBe(
    '1 204 of 1 048 576 regions, 1 000 of them by scrub; last full pass 1 cycle ago',
  );
  expect(coverageText({ ...TOUCHED, cycle: 3 })).toMatch(/last full pass in this cycle$/);
  expect(coverageText({ ...TOUCHED, lastFullCycle: -1 })).toMatch(/last full pass before the first cycle$/);
  expect(coverageText({ ...TOUCHED, lastFullCycle: null })).toMatch(/assumed to be equal$/);
});

describe('the verdict of a cycle with partial passes', () => {
  const verify = { ...sound.verify!, bytes: 700 * 512, coverage: { ...TOUCHED, bytes: 700 * 512 } };

  it('is PASS when both have read what they had to, also different amounts', () => {
    expect(cycleVerdict(soundCycle({ judge: judge({ coverage: TOUCHED }), verify }))).toEqual({
      verdict: 'PASS',
      reasons: [],
    });
  });

  it('is INVALID when one has read less', () => {
    const codes = (change: Partial<CycleObservations>): string[] =>
      cycleVerdict(soundCycle(change)).reasons.map(({ code }) => code);
    expect(codes({ judge: judge({ coverage: TOUCHED }, 799), verify })).toEqual(['NOT_ALL_JUDGED']);
    const short = { ...verify, bytes: 699 * 512 };
    expect(codes({ judge: judge({ coverage: TOUCHED }), verify: short })).toEqual(['NOT_ALL_JUDGED']);
    // Full passes must have read the same, as before there were others.
    expect(codes({ judge: judge({ coverage: FULL }, 799) })).toEqual(['NOT_ALL_JUDGED']);
  });
});

describe('a fault', () => {
  const textOf = (coverage: PassCoverage): string =>
    cycleVerdict(soundCycle({ judge: judge({ coverage, lostIndicators: 1, lostIndicatorRegions: [9] }) })).reasons[0]!
      .text;

  it('that a full pass finds may be as old as the full pass before it', () => {
    expect(textOf(FULL)).toBe(
      '1 regions differ and are not marked dirty (first: 9) (where nothing was written, at any time since the last full pass in cycle 3)',
    );
    expect(faultsSince({ ...FULL, lastFullCycle: -1 })).toMatch(/before the first cycle$/);
    expect(faultsSince({ ...TOUCHED, scrubbedRegions: 5 })).toMatch(/in cycle 3$/);
  });

  it('that the passes of this cycle alone can have met is not dated', () => {
    expect(textOf({ ...FULL, lastFullCycle: 14 })).not.toContain('since');
    expect(textOf(TOUCHED)).not.toContain('since');
    expect(faultsSince({ ...FULL, lastFullCycle: null })).toBeNull();
  });
});
