/** The part of each phase that the profile or the boards account for, on a bench without hardware. */
import { describe, expect, it } from 'vitest';
import { CycleRunner } from '../../src/campaign/cycleRunner.js';
import { drawCycle } from '../../src/campaign/cycle/cycleSettings.js';
import type { CyclePhase } from '../../src/campaign/cycle/cycleTypes.js';
import type { PhaseBound } from '../../src/report/runTimes.js';
import type { CutSpec } from '../../src/rig/resolved.js';
import { FakeBench, RAILS, type FakeOptions } from './fakeBench.js';
import { campaign, WORKLOAD } from './runFake.js';

interface Timed {
  phase: CyclePhase;
  durationMs: number;
  bound: PhaseBound | null;
}

async function phasesOf(cut: Partial<CutSpec>, options: FakeOptions = {}): Promise<Timed[]> {
  const bench = new FakeBench(options);
  const timed: Timed[] = [];
  const runner = new CycleRunner(drawCycle(campaign(cut), RAILS, 7, 0), WORKLOAD, bench, {
    onPhase: (phase, _to, durationMs, _state, bound) => timed.push({ phase, durationMs, bound }),
  });
  await bench.clock.drive(runner.run());
  return timed;
}

const of = (timed: Timed[], phase: CyclePhase): Timed[] => timed.filter((one) => one.phase === phase);

describe('a phase', () => {
  it('of load waits for the time of the cut, and the power-off time for campaign.dark', async () => {
    const timed = await phasesOf({ afterMs: { min: 250, max: 250 } }, { loadBeginsMs: 40 });
    expect(of(timed, 'load')).toEqual([{ phase: 'load', durationMs: 290, bound: { by: 'profile', ms: 250 } }]);
    expect(of(timed, 'dark')).toEqual([{ phase: 'dark', durationMs: 100, bound: { by: 'profile', ms: 100 } }]);
  });

  it('of cut waits for the boards, at most for as long as it took', async () => {
    const [slow] = of(await phasesOf({}, { holdUpMs: 30 }), 'cut');
    expect(slow.durationMs).toBeGreaterThanOrEqual(30);
    expect(slow.bound).toEqual({ by: 'boards', ms: 1 });
    const [quick] = of(await phasesOf({}), 'cut');
    expect(quick.bound).toEqual({ by: 'boards', ms: quick.durationMs });
  });

  it('of resync waits for the profile only where its cut is timed', async () => {
    const [cut, complete] = of(
      await phasesOf({ rails: ['S'], during: 'resync', afterMs: { min: 20, max: 20 } }, { resyncMs: 500 }),
      'resync',
    );
    expect(cut).toEqual({ phase: 'resync', durationMs: 20, bound: { by: 'profile', ms: 20 } });
    expect(complete.bound).toBeNull();
    const [ended] = of(
      await phasesOf({ rails: ['S'], during: 'resync', afterMs: { min: 900, max: 900 } }, { resyncMs: 500 }),
      'resync',
    );
    expect(ended.bound).toBeNull();
  });

  it('has no known cause where the devices and the processor work', async () => {
    const timed = await phasesOf({});
    for (const phase of ['preflight', 'arm', 'identify', 'recover', 'judge', 'verify'] as const)
      expect(of(timed, phase)[0].bound, phase).toBeNull();
  });
});
