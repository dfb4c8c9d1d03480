import { describe, expect, it } from 'vitest';
import { compareReplay, formatReplay } from '../../src/report/replayDifferences.js';
import { sampleCycle } from './sampleRun.js';

const lost = {
  verdict: 'FAIL',
  reasons: [
    { code: 'LOST_INDICATOR', rule: 'I1', text: '3 regions' },
    { code: 'LOST_INDICATOR', rule: 'I1', text: '4 regions' },
  ],
} as const;
const failed = (index: number) => sampleCycle(index, { verdict: lost.verdict, reasons: [...lost.reasons] });

describe('a replay and its record', () => {
  it('are the same if verdicts and reasons are equal, even if measurements differ', () => {
    const other = sampleCycle(0, { cutLatencyMs: { P: 99 }, recovery: null });
    const comparison = compareReplay(
      [sampleCycle(0), failed(1)],
      [other, { ...failed(1), reasons: [{ ...lost.reasons[0], text: '5 regions' }] }],
      2,
    );
    expect(comparison).toEqual({ compared: 2, differences: [] });
    expect(formatReplay(comparison)).toBe('replay: the same verdict as recorded in all 2 cycles');
  });

  it('differ in a cycle: the message has both verdicts', () => {
    const comparison = compareReplay([failed(0)], [sampleCycle(0)], 1);
    expect(formatReplay(comparison)).toBe('replay: cycle 0: recorded FAIL: LOST_INDICATOR (I1), now PASS');
  });

  it('differ if one has a requested cycle that the other lacks', () => {
    expect(compareReplay([sampleCycle(0)], [sampleCycle(0), failed(1)], 2).differences).toEqual([
      { cycle: 1, recorded: null, replayed: { verdict: 'FAIL', reasons: ['LOST_INDICATOR (I1)'] } },
    ]);
    expect(compareReplay([sampleCycle(0), failed(1)], [sampleCycle(0)], 1).differences).toEqual([]);
  });
});
