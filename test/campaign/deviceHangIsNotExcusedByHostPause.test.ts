/**
 * Promise: a pause of the bench excuses only a device that is late during the pause or shortly after it. A device that
 * hangs at another time is a failure, and the campaign does not repeat the cycle: the device may not hang a second
 * time.
 */
import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../src/base/clock.js';
import { keptRecord } from '../../src/campaign/cycle/cycleRecord.js';
import { isDueToHostPause, notJudgedByTime } from '../../src/campaign/cycle/hostPause.js';
import type { CycleState } from '../../src/campaign/cycle/cycleTypes.js';
import { campaign, runFake } from './runFake.js';

/**
 * The bench pauses for half a second. `ms` after the end of the pause it finds that the area left an I/O unanswered.
 */
async function hungAfter(ms: number): Promise<CycleState> {
  const { state } = await runFake({});
  const pause = { atMs: 100, ms: 500 };
  const atNs = (state.sinceMs + pause.atMs + pause.ms + ms) * NS_PER_MS;
  return {
    ...state,
    facts: {
      ...state.facts,
      hostPauses: [pause],
      unprovoked: [{ area: 'primary', errno: 110, atNs, timedOut: true }],
    },
  };
}

describe('an I/O that a device left unanswered', () => {
  it.each([-100, 0, 300])('%d ms after the end of a pause makes no FAIL, and the cycle is repeated', async (ms) => {
    const state = await hungAfter(ms);
    const record = keptRecord(state, campaign().limits);
    expect(isDueToHostPause(state, record, campaign().limits)).toBe(true);
    expect(notJudgedByTime(state, record, campaign().limits)).toMatchObject({ verdict: 'INVALID' });
  });

  it.each([-5000, 5000, 60_000])('%d ms after the end of a pause makes a FAIL without a repeat', async (ms) => {
    const state = await hungAfter(ms);
    const record = keptRecord(state, campaign().limits);
    expect(record).toMatchObject({ verdict: 'FAIL', reasons: [{ code: 'DEVICE_FAULT', rule: 'slow' }] });
    expect(isDueToHostPause(state, record, campaign().limits)).toBe(false);
    expect(notJudgedByTime(state, record, campaign().limits)).toBe(record);
  });
});

describe('a device that does not return in time', () => {
  const deadAfterPauseIn = async (phase: string): Promise<CycleState> => {
    const { state } = await runFake({}, { dead: ['primary'] }, (bench, entered, runner) => {
      if (entered !== phase) return;
      bench.clock.onPause((pause) => runner.hostPause(pause));
      bench.clock.after(1, () => bench.clock.pause(500));
    });
    expect(state.facts.hostPauses).toHaveLength(1);
    return state;
  };

  it('is not excused by a pause long before', async () => {
    const state = await deadAfterPauseIn('load');
    expect(state.outcome).toMatchObject({ kind: 'problem', problem: { code: 'DEVICE_NOT_BACK' } });
    expect(isDueToHostPause(state, keptRecord(state, campaign().limits), campaign().limits)).toBe(false);
  });

  it('is excused by a pause just before the deadline, and the cycle is repeated', async () => {
    const state = await deadAfterPauseIn('load');
    const missedAtMs = state.facts.missedAtMs!;
    const near = { ...state, facts: { ...state.facts, hostPauses: [{ atMs: missedAtMs - 1000, ms: 500 }] } };
    expect(isDueToHostPause(near, keptRecord(near, campaign().limits), campaign().limits)).toBe(true);
  });
});
