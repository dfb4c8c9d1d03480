import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaignVerdict, cycleVerdict, type CycleEvidence, type Verdict } from '../../src/judge/verdict/verdict.js';
import { evidence } from './evidence.js';

const codes = (e: CycleEvidence): string[] => cycleVerdict(e).reasons.map((r) => r.code);

describe('the verdict of a cycle', () => {
  it('is PASS when the cut is proven and nothing was found', () => {
    expect(cycleVerdict(evidence())).toEqual({ verdict: 'PASS', reasons: [] });
  });

  it.each(['none', 'echo', 'read-back'] as const)('is INVALID when the best proof is %s', (proofOfCut) => {
    const { verdict, reasons } = cycleVerdict(evidence({ proofOfCut }));
    expect(verdict).toBe('INVALID');
    expect(reasons).toEqual([
      {
        code: 'CUT_UNPROVEN',
        rule: 'relay-lie',
        text: `no device-side evidence that the power was cut (best: ${proofOfCut})`,
      },
    ]);
  });

  it('is INVALID when the rig failed or a step has no result', () => {
    expect(cycleVerdict(evidence({ rigFailure: 'board does not answer' })).verdict).toBe('INVALID');
    for (const step of ['recovery', 'judge', 'resync', 'verify'] as const) {
      expect(cycleVerdict(evidence({ [step]: null }))).toMatchObject({
        verdict: 'INVALID',
        reasons: [{ code: 'STEP_MISSING', rule: step }],
      });
    }
  });

  it('is INVALID when the cut did not come at the point it was for, and FAIL all the same for what it did', () => {
    const missedPoint = 'the resync ended before the protocol got to clear-write';
    expect(cycleVerdict(evidence({ missedPoint }))).toMatchObject({
      verdict: 'INVALID',
      reasons: [{ code: 'POINT_NOT_REACHED', text: missedPoint }],
    });
    expect(
      cycleVerdict(evidence({ missedPoint, judge: { ...evidence().judge!, lostAcknowledgedSectors: 8 } })).verdict,
    ).toBe('FAIL');
    expect(cycleVerdict(evidence({ missedPoint: null })).verdict).toBe('PASS');
  });

  it('is INVALID when nothing had been written, or the steps do not speak of the same bytes and the same D', () => {
    const { judge } = evidence();
    const areas = { ...judge!.areas, secondary: { faults: {}, legal: {}, sectorsRead: 792 } };
    expect(codes(evidence({ updatesIssued: 0 }))).toEqual(['NOTHING_WRITTEN']);
    expect(codes(evidence({ judge: { ...judge!, areas } }))).toEqual(['NOT_ALL_JUDGED']);
    expect(codes(evidence({ judge: { ...judge!, dirtyRegions: 6 } }))).toEqual(['NOT_ALL_JUDGED']);
    for (const updatesIssued of [1, null]) expect(cycleVerdict(evidence({ updatesIssued })).verdict).toBe('PASS');
    for (const change of [{ updatesIssued: 0 }, { judge: { ...judge!, areas } }])
      expect(cycleVerdict(evidence(change)).verdict).toBe('INVALID');
  });

  it('is FAIL for each broken rule, and names it', () => {
    const base = evidence();
    const judge = base.judge!;
    const areas = { ...judge.areas, secondary: { faults: { 'lost-write': 3 }, legal: {}, sectorsRead: 800 } };
    const finding = { where: 'log' as const, blockIndex: 3, problem: 'CRC', effect: 'everything-dirty' as const };
    const recovery = base.recovery!;
    const cases: [Partial<CycleEvidence>, string, string][] = [
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
      const { verdict, reasons } = cycleVerdict(evidence(change));
      expect(verdict, code).toBe('FAIL');
      expect(reasons).toMatchObject([{ code, rule }]);
    }
    const torn = evidence({ recovery: { ...recovery, findings: [finding] } });
    expect(cycleVerdict(torn).verdict).toBe('PASS');
  });

  it('is FAIL when a fault was found though the cut is not proven, and says both', () => {
    const judge = { ...evidence().judge!, lostAcknowledgedSectors: 8 };
    const unproven = evidence({ judge, proofOfCut: 'echo' });
    expect(cycleVerdict(unproven).verdict).toBe('FAIL');
    expect(codes(unproven)).toEqual(['LOST_ACKNOWLEDGED', 'CUT_UNPROVEN']);
  });
});

describe('the verdict of a campaign', () => {
  it('is FAIL if any cycle failed, else INVALID if any was or none was tried, else PASS', () => {
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

  it('INVALID cycles do not narrow the bound', () => {
    const passes = new Array<Verdict>(10).fill('PASS');
    const bound = campaignVerdict(passes).failureRateUpperBound;
    expect(campaignVerdict([...passes, 'INVALID', 'INVALID']).failureRateUpperBound).toBe(bound);
    expect(campaignVerdict(['INVALID']).failureRateUpperBound).toBe(1);
  });
});
