/**
 * Promise: a pause of the bench that is longer than every deadline ends no cycle, in any phase from load to verify. The
 * bench still reports a device that does not return.
 */
import { describe, expect, it } from 'vitest';
import { cycleRecord } from '../../src/campaign/cycle/cycleRecord.js';
import { proofOfCut } from '../../src/campaign/cycle/proof.js';
import { campaign, runFake } from './runFake.js';

const PAUSE_MS = 20_000;
const PHASES = ['load', 'arm', 'cut', 'dark', 'restore', 'identify', 'recover', 'judge', 'resync', 'verify'] as const;

describe('a pause of the bench', () => {
  it.each(PHASES)('in %s ends no cycle, and the record contains it', async (where) => {
    const { state } = await runFake({}, {}, (bench, phase, runner) => {
      if (phase !== where) return;
      // The real clock reports a pause before any timer runs; so does this one.
      bench.clock.onPause((pause) => runner.hostPause(pause));
      queueMicrotask(() => bench.clock.pause(PAUSE_MS));
    });
    expect(state.outcome).toEqual({ kind: 'complete' });
    const record = cycleRecord(state, campaign().limits);
    expect(record.verdict).toBe('PASS');
    expect(record.standstills).toEqual([{ atMs: expect.any(Number) as number, ms: PAUSE_MS }]);
    expect(record.standstills![0].atMs).toBeLessThan(PAUSE_MS);
  });

  it('before the cut delays the cut by the same time', async () => {
    const { state } = await runFake({}, {}, (bench, phase, runner) => {
      if (phase !== 'load') return;
      bench.clock.onPause((pause) => runner.hostPause(pause));
      bench.clock.after(50, () => bench.clock.pause(PAUSE_MS));
    });
    expect(Math.abs(cycleRecord(state, campaign().limits).aim!.missedByMs!)).toBeLessThan(PAUSE_MS / 100);
  });

  it('between the command and the first failure leaves the record without a latency', async () => {
    const { state } = await runFake({}, { holdUpMs: 40 }, (bench, phase, runner) => {
      if (phase !== 'cut') return;
      bench.clock.onPause((pause) => runner.hostPause(pause));
      bench.clock.after(10, () => bench.clock.pause(PAUSE_MS));
    });
    const [proof] = proofOfCut(state.facts.cuts[0]);
    expect(proof).toMatchObject({ proven: true, isMeasured: false });
    expect(cycleRecord(state, campaign().limits)).toMatchObject({
      verdict: 'PASS',
      cutLatencyMs: {},
      aim: { missedByMs: null },
    });
  });

  it.each(PHASES.slice(0, 5))('in %s does not hide a device that does not return', async (where) => {
    const { state } = await runFake({}, { dead: ['primary'] }, (bench, phase, runner) => {
      if (phase !== where) return;
      bench.clock.onPause((pause) => runner.hostPause(pause));
      queueMicrotask(() => bench.clock.pause(PAUSE_MS));
    });
    expect(state.outcome).toMatchObject({ kind: 'problem', problem: { code: 'DEVICE_NOT_BACK' } });
  });
});
