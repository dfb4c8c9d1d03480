/**
 * Promise: the record of a cycle keeps what the cycle found, even when the cycle is interrupted. A campaign that ends
 * early does not pass.
 */
import { describe, expect, it } from 'vitest';
import type { CampaignResult } from '../../src/campaign/campaignTypes.js';
import { cycleRecord, keptRecord } from '../../src/campaign/cycle/cycleRecord.js';
import { runSummary } from '../../src/campaign/runSummary.js';
import type { CycleRecord } from '../../src/report/runRecord.js';
import type { Verdict } from '../../src/judge/verdict/verdict.js';
import { labRig } from './labRig.js';
import { judge, load } from './reports.js';
import { campaign, runFake } from './runFake.js';

const { limits } = campaign();
const corruptBlock = {
  where: 'log' as const,
  blockIndex: 3,
  problem: 'corrupt',
  effect: 'everything-dirty' as const,
  class: 'indicator-rot' as const,
};

describe('a cycle', () => {
  it('that is interrupted keeps its findings, and leaves no record without findings', async () => {
    const interruptedInVerify = (lostIndicators: number) =>
      runFake({}, {}, (bench, phase, runner) => {
        bench.engine.judge = async () => ({ ...judge(), lostIndicators });
        if (phase === 'verify') queueMicrotask(() => runner.interrupt());
      });
    expect(keptRecord((await interruptedInVerify(0)).state, limits)).toBeNull();
    expect(keptRecord((await interruptedInVerify(2)).state, limits)).toMatchObject({
      verdict: 'FAIL',
      reasons: expect.arrayContaining([expect.objectContaining({ code: 'LOST_INDICATOR' })]),
    });
  });

  it('fails when its first recovery finds a corrupt journal block, even if the last recovery finds none', async () => {
    let recoveries = 0;
    const { state } = await runFake(
      { rails: ['S'], during: 'resync', afterMs: { min: 5, max: 10 } },
      {},
      (bench, phase) => {
        const { recover } = bench.engine;
        if (phase === 'load')
          bench.engine.recover = async (point) => ({
            ...(await recover(point)),
            findings: recoveries++ === 0 ? [corruptBlock] : [],
          });
      },
    );
    expect(state.facts.recoveries.map((r) => r.findings.length)).toEqual([1, 0]);
    expect(cycleRecord(state, limits)).toMatchObject({ verdict: 'FAIL', reasons: [{ code: 'METADATA_ROT' }] });
  });

  it('in which the load wrote nothing is INVALID', async () => {
    const writing = async (issued: number): Promise<Verdict> => {
      const { state } = await runFake({}, {}, (bench, phase) => {
        const running = bench.engine.load;
        if (phase === 'load') bench.engine.load = async (...args) => ({ ...(await running(...args)), ...load(issued) });
      });
      return cycleRecord(state, limits).verdict;
    };
    expect([await writing(1), await writing(0)]).toEqual(['PASS', 'INVALID']);
  });

  it('fails when a device leaves an I/O unanswered, and such an I/O proves no cut', async () => {
    const { state } = await runFake({ rails: ['P'] }, {}, (bench, phase) => {
      if (phase === 'load') bench.clock.after(5, () => bench.fail('secondary', { timedOut: true }));
    });
    expect(cycleRecord(state, limits)).toMatchObject({
      verdict: 'FAIL',
      reasons: [{ code: 'DEVICE_FAULT', rule: 'slow' }],
    });
    const welded = await runFake({ rails: ['S'] }, { welded: ['secondary'] }, (bench, phase) => {
      if (phase === 'cut') bench.clock.after(5, () => bench.fail('secondary', { timedOut: true }));
    });
    expect(welded.state.facts.cuts[0]!.signs).toEqual([]);
    expect(cycleRecord(welded.state, limits)).toMatchObject({
      verdict: 'INVALID',
      reasons: [{ code: 'CUT_UNPROVEN' }],
    });
  });
});

describe('a campaign', () => {
  const verdictOf = (cycles: Verdict[], more: Partial<CampaignResult> = {}): Verdict => {
    const rig = labRig('part', { cuts: ['{ rails: [P], during: load, after: 200ms }'], cycles: 2 });
    const context = {
      plugpullVersion: '0',
      rig,
      runId: 1,
      ffi: 'koffi' as const,
      replay: '',
      startedAt: '',
      endedAt: null,
      host: { kernel: '', node: '', cpus: 1, memoryBytes: 1 },
      opened: null,
    };
    const result = {
      cycles: cycles.map((verdict) => ({ verdict }) as CycleRecord),
      interrupted: null,
      problem: null,
      troubles: [],
      ...more,
    };
    return runSummary(context, result).verdict;
  };

  it('passes when it is complete, and not when an interrupt or a problem ends it', () => {
    const problem = { kind: 'hardware' as const, code: 'IO_FAILED', text: '' };
    expect(verdictOf(['PASS', 'PASS'])).toBe('PASS');
    expect(verdictOf(['PASS'])).toBe('INVALID');
    expect(verdictOf(['PASS'], { interrupted: { cycle: 1, phase: 'load' } })).toBe('INVALID');
    expect(verdictOf(['PASS', 'PASS'], { problem })).toBe('INVALID');
    expect(verdictOf(['FAIL'], { problem })).toBe('FAIL');
  });
});
