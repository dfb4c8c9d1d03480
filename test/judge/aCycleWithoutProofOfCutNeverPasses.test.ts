import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  campaignVerdict,
  cycleVerdict,
  type CycleObservations,
  type Verdict,
} from '../../src/judge/verdict/verdict.js';
import { soundCycle } from './soundCycle.js';

const codes = (e: CycleObservations): string[] => cycleVerdict(e).reasons.map((r) => r.code);

describe('the verdict of a cycle', () => {
  it('is PASS if the cut is proven and no fault was found', () => {
    expect(cycleVerdict(soundCycle())).toEqual({ verdict: 'PASS', reasons: [] });
  });

  it.each(['none', 'echo', 'read-back'] as const)('is INVALID if the best proof is %s', (proofOfCut) => {
    const { verdict, reasons } = cycleVerdict(soundCycle({ proofOfCut }));
    expect(verdict).toBe('INVALID');
    expect(reasons).toEqual([
      {
        code: 'CUT_UNPROVEN',
        rule: 'relay-lie',
        text: `no device proves that the power was cut (best proof: ${proofOfCut})`,
      },
    ]);
  });

  it('is INVALID if the rig failed or a step has no result', () => {
    expect(cycleVerdict(soundCycle({ rigFailure: 'board does not answer' })).verdict).toBe('INVALID');
    for (const step of ['recovery', 'judge', 'resync', 'verify'] as const) {
      expect(cycleVerdict(soundCycle({ [step]: null }))).toMatchObject({
        verdict: 'INVALID',
        reasons: [{ code: 'STEP_MISSING', rule: step }],
      });
    }
  });

  it('is INVALID if the cut missed its cut point, and FAIL if it broke an invariant all the same', () => {
    const missedPoint = 'the resync ended before the protocol reached clear-write';
    expect(cycleVerdict(soundCycle({ missedPoint }))).toMatchObject({
      verdict: 'INVALID',
      reasons: [{ code: 'POINT_NOT_REACHED', text: missedPoint }],
    });
    expect(
      cycleVerdict(soundCycle({ missedPoint, judge: { ...soundCycle().judge!, lostAcknowledgedSectors: 8 } })).verdict,
    ).toBe('FAIL');
    expect(cycleVerdict(soundCycle({ missedPoint: null })).verdict).toBe('PASS');
  });

  it('is INVALID if nothing had been written, or the steps did not cover the same bytes and the same D', () => {
    const { judge } = soundCycle();
    const areas = { ...judge!.areas, secondary: { faults: {}, legal: {}, sectorsRead: 792 } };
    expect(codes(soundCycle({ updatesIssued: 0 }))).toEqual(['NOTHING_WRITTEN']);
    expect(codes(soundCycle({ judge: { ...judge!, areas } }))).toEqual(['NOT_ALL_JUDGED']);
    expect(codes(soundCycle({ judge: { ...judge!, dirtyRegions: 6 } }))).toEqual(['NOT_ALL_JUDGED']);
    for (const updatesIssued of [1, null]) expect(cycleVerdict(soundCycle({ updatesIssued })).verdict).toBe('PASS');
    for (const change of [{ updatesIssued: 0 }, { judge: { ...judge!, areas } }])
      expect(cycleVerdict(soundCycle(change)).verdict).toBe('INVALID');
  });

  it('is FAIL for each broken rule, and the reason names the rule', () => {
    const base = soundCycle();
    const judge = base.judge!;
    const areas = { ...judge.areas, secondary: { faults: { 'lost-write': 3 }, legal: {}, sectorsRead: 800 } };
    const finding = { where: 'log' as const, blockIndex: 3, problem: 'CRC', effect: 'everything-dirty' as const };
    const recovery = base.recovery!;
    const cases: [Partial<CycleObservations>, string, string][] = [
      [{ judge: { ...judge, lostIndicators: 1, lostIndicatorRegions: [9] } }, 'LOST_INDICATOR', 'I1'],
      [{ judge: { ...judge, lostAcknowledgedSectors: 8 } }, 'LOST_ACKNOWLEDGED', 'I2'],
      [{ judge: { ...judge, areas } }, 'DEVICE_FAULT', 'lost-write'],
      [{ deviceFaults: [{ class: 'dead-device', text: 'did not return' }] }, 'DEVICE_FAULT', 'dead-device'],
      [
        { recovery: { ...recovery, findings: [{ ...finding, class: 'indicator-rot' }] } },
        'METADATA_ROT',
        'indicator-rot',
      ],
      [
        { earlierRecoveries: [{ ...recovery, findings: [{ ...finding, class: 'indicator-rot' }] }, recovery] },
        'METADATA_ROT',
        'indicator-rot',
      ],
      [
        { verify: { ...base.verify!, equal: false, differingRegions: 2, firstDifferenceBytes: 512 } },
        'COPIES_DIFFER',
        'I3',
      ],
      [
        { verify: { ...base.verify!, faults: { primary: { 'bit-corruption': 1 }, secondary: {} } } },
        'DEVICE_FAULT',
        'bit-corruption',
      ],
      [
        { limits: { recoveryMs: 10, resyncMs: null, falseDirtyRegions: null } },
        'RECOVERY_SLOW',
        'campaign.limits.recovery',
      ],
      [
        { limits: { recoveryMs: null, resyncMs: 19, falseDirtyRegions: null } },
        'RESYNC_SLOW',
        'campaign.limits.resync',
      ],
      [
        { limits: { recoveryMs: null, resyncMs: null, falseDirtyRegions: 0 } },
        'EXCESS_DIRTY',
        'campaign.limits.falseDirtyRegions',
      ],
    ];
    for (const [change, code, rule] of cases) {
      const { verdict, reasons } = cycleVerdict(soundCycle(change));
      expect(verdict, code).toBe('FAIL');
      expect(reasons).toMatchObject([{ code, rule }]);
    }
    const torn = soundCycle({ recovery: { ...recovery, findings: [{ ...finding, class: 'indicator-torn' }] } });
    expect(cycleVerdict(torn).verdict).toBe('PASS');
  });

  it('is FAIL if a fault was found and the cut is not proven; both are reasons', () => {
    const judge = { ...soundCycle().judge!, lostAcknowledgedSectors: 8 };
    const unproven = soundCycle({ judge, proofOfCut: 'echo' });
    expect(cycleVerdict(unproven).verdict).toBe('FAIL');
    expect(codes(unproven)).toEqual(['LOST_ACKNOWLEDGED', 'CUT_UNPROVEN']);
  });
});

describe('the verdict of a campaign', () => {
  it('is FAIL if any cycle failed, else INVALID if any is INVALID or there is none, else PASS', () => {
    expect(campaignVerdict([]).verdict).toBe('INVALID');
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Verdict>('PASS', 'FAIL', 'INVALID'), { minLength: 1 }), (verdicts) => {
        const { verdict, counts } = campaignVerdict(verdicts);
        expect(counts.PASS + counts.FAIL + counts.INVALID).toBe(verdicts.length);
        expect(verdict === 'PASS').toBe(verdicts.every((v) => v === 'PASS'));
        expect(verdict === 'FAIL').toBe(verdicts.includes('FAIL'));
      }),
    );
  });

  it('has a bound on the failure rate that INVALID cycles do not lower', () => {
    const passes = new Array<Verdict>(10).fill('PASS');
    const bound = campaignVerdict(passes).failureRateUpperBound;
    expect(campaignVerdict([...passes, 'INVALID', 'INVALID']).failureRateUpperBound).toBe(bound);
    expect(campaignVerdict(['INVALID']).failureRateUpperBound).toBe(1);
  });
});
