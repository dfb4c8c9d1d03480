/**
 * A bench that stands still for longer than any deadline of the cycle, in each of its phases; a device that is gone is
 * missed all the same.
 */
import { describe, expect, it } from 'vitest';
import { cycleRecord } from '../../src/campaign/cycle/cycleRecord.js';
import { proofOfCut } from '../../src/campaign/cycle/proof.js';
import { campaign, runFake } from './runFake.js';

const STOOD_MS = 20_000;
const PHASES = ['load', 'arm', 'cut', 'dark', 'restore', 'identify', 'recover', 'judge', 'resync', 'verify'] as const;

describe('a standstill', () => {
  it.each(PHASES)('in %s ends no cycle, and is on its record', async (where) => {
    const { state } = await runFake({}, {}, (bench, phase, runner) => {
      if (phase !== where) return;
      // As the clock does: told before any timer.
      bench.clock.onPause((standstill) => runner.hostPause(standstill));
      queueMicrotask(() => bench.clock.standStill(STOOD_MS));
    });
    expect(state.outcome).toEqual({ kind: 'complete' });
    const record = cycleRecord(state, campaign().limits);
    expect(record.verdict).toBe('PASS');
    expect(record.standstills).toEqual([{ atMs: expect.any(Number) as number, ms: STOOD_MS }]);
    expect(record.standstills![0].atMs).toBeLessThan(STOOD_MS);
  });

  it('before the cut moves the aim with it', async () => {
    const { state } = await runFake({}, {}, (bench, phase, runner) => {
      if (phase !== 'load') return;
      bench.clock.onPause((standstill) => runner.hostPause(standstill));
      bench.clock.after(50, () => bench.clock.standStill(STOOD_MS));
    });
    expect(Math.abs(cycleRecord(state, campaign().limits).aim!.missedByMs!)).toBeLessThan(STOOD_MS / 100);
  });

  it('between the command and the first failure leaves no latency on the record', async () => {
    const { state } = await runFake({}, { holdUpMs: 40 }, (bench, phase, runner) => {
      if (phase !== 'cut') return;
      bench.clock.onPause((standstill) => runner.hostPause(standstill));
      bench.clock.after(10, () => bench.clock.standStill(STOOD_MS));
    });
    const [proof] = proofOfCut(state.facts.cuts[0]);
    expect(proof).toMatchObject({ proven: true, isMeasured: false });
    expect(cycleRecord(state, campaign().limits)).toMatchObject({
      verdict: 'PASS',
      cutLatencyMs: {},
      aim: { missedByMs: null },
    });
  });

  it.each(PHASES.slice(0, 5))('in %s does not hide a device that never comes back', async (where) => {
    const { state } = await runFake({}, { dead: ['primary'] }, (bench, phase, runner) => {
      if (phase !== where) return;
      bench.clock.onPause((standstill) => runner.hostPause(standstill));
      queueMicrotask(() => bench.clock.standStill(STOOD_MS));
    });
    expect(state.outcome).toMatchObject({ kind: 'problem', problem: { code: 'DEVICE_NOT_BACK' } });
  });
});
