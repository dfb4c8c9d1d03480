/**
 * A cycle in which the bench stood still is not repeated over a device that hung while the bench looked: it may hang
 * only once.
 */
import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../src/base/clock.js';
import { keptRecord } from '../../src/campaign/cycle/cycleRecord.js';
import { isDueToHostPause, notJudgedByTime } from '../../src/campaign/cycle/hostPause.js';
import type { CycleState } from '../../src/campaign/cycle/cycleTypes.js';
import { campaign, runFake } from './runFake.js';

/** The bench stood still for half a second; so long after its end the area was found to have left an I/O unanswered. */
async function hungAfter(ms: number): Promise<CycleState> {
  const { state } = await runFake({});
  const standstill = { atMs: 100, ms: 500 };
  const atNs = (state.sinceMs + standstill.atMs + standstill.ms + ms) * NS_PER_MS;
  return {
    ...state,
    facts: {
      ...state.facts,
      hostPauses: [standstill],
      unprovoked: [{ area: 'primary', errno: 110, atNs, timedOut: true }],
    },
  };
}

describe('an I/O that was left unanswered', () => {
  it.each([-100, 0, 300])('%d ms after the bench stood still speaks of time only', async (ms) => {
    const state = await hungAfter(ms);
    const record = keptRecord(state, campaign().limits);
    expect(isDueToHostPause(state, record, campaign().limits)).toBe(true);
    expect(notJudgedByTime(state, record, campaign().limits)).toMatchObject({ verdict: 'INVALID' });
  });

  it.each([-5000, 5000, 60_000])('%d ms after it is a FAIL at once', async (ms) => {
    const state = await hungAfter(ms);
    const record = keptRecord(state, campaign().limits);
    expect(record).toMatchObject({ verdict: 'FAIL', reasons: [{ code: 'DEVICE_FAULT', rule: 'slow' }] });
    expect(isDueToHostPause(state, record, campaign().limits)).toBe(false);
    expect(notJudgedByTime(state, record, campaign().limits)).toBe(record);
  });
});

describe('a device that is not back in time', () => {
  const deadAfterStandstillAt = async (phase: string): Promise<CycleState> => {
    const { state } = await runFake({}, { dead: ['primary'] }, (bench, entered, runner) => {
      if (entered !== phase) return;
      bench.clock.onPause((standstill) => runner.hostPause(standstill));
      bench.clock.after(1, () => bench.clock.standStill(500));
    });
    expect(state.facts.hostPauses).toHaveLength(1);
    return state;
  };

  it('is not excused by a standstill long before', async () => {
    const state = await deadAfterStandstillAt('load');
    expect(state.outcome).toMatchObject({ kind: 'problem', problem: { code: 'DEVICE_NOT_BACK' } });
    expect(isDueToHostPause(state, keptRecord(state, campaign().limits), campaign().limits)).toBe(false);
  });

  it('is asked for once more where the bench stood still just before', async () => {
    const state = await deadAfterStandstillAt('load');
    const missedAtMs = state.facts.missedAtMs!;
    const near = { ...state, facts: { ...state.facts, hostPauses: [{ atMs: missedAtMs - 1000, ms: 500 }] } };
    expect(isDueToHostPause(near, keptRecord(near, campaign().limits), campaign().limits)).toBe(true);
  });
});
