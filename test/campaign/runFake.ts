/** Runs one cycle on a bench without hardware. */
import { CycleRunner } from '../../src/campaign/cycleRunner.js';
import { drawCycle } from '../../src/campaign/cycle/cycleSettings.js';
import type { CyclePhase, CycleState } from '../../src/campaign/cycle/cycleTypes.js';
import type { CampaignSpec, CutSpec } from '../../src/rig/resolved.js';
import type { WorkloadSpec } from '../../src/workload/workload.js';
import { FakeBench, RAILS, type FakeOptions } from './fakeBench.js';

export const WORKLOAD = {} as WorkloadSpec;

export function campaign(cut: Partial<CutSpec> = {}): CampaignSpec {
  return {
    cycles: 1,
    seed: 7,
    cuts: [{ rails: ['P'], during: 'load', afterMs: { min: 200, max: 800 }, ...cut }],
    darkMs: 100,
    silenceMs: 300,
    prepare: 'stamp',
    judge: { fullEvery: 1 },
    verify: { fullEvery: 1 },
    scrubPercent: 0,
    keepHistory: 'failures',
    deadlinesMs: { cut: 1000, point: 1500, return: 2000, recover: 3000, judge: 4000, resync: 5000 },
    limits: { recoveryMs: null, resyncMs: null, falseDirtyRegions: null },
  };
}

export interface FakeRun {
  bench: FakeBench;
  state: CycleState;
  phases: CyclePhase[];
}

export async function runFake(
  cut: Partial<CutSpec>,
  options: FakeOptions = {},
  during: (bench: FakeBench, phase: CyclePhase, runner: CycleRunner) => void = () => undefined,
): Promise<FakeRun> {
  const bench = new FakeBench(options);
  const phases: CyclePhase[] = [];
  const runner: CycleRunner = new CycleRunner(drawCycle(campaign(cut), RAILS, 7, 0), WORKLOAD, bench, {
    onPhase(_from, to) {
      phases.push(to);
      during(bench, to, runner);
    },
  });
  const state = await bench.clock.drive(runner.run());
  return { bench, state, phases };
}
