/** Medians, sums and processor time of the phases, from scripted events. */
import { describe, expect, it } from 'vitest';
import { RunClock } from '../../src/campaign/runClock.js';
import type { CampaignStep } from '../../src/campaign/observer.js';
import type { CyclePhase, CycleState } from '../../src/campaign/cycle/cycleTypes.js';
import type { CycleRecord, RunRecord } from '../../src/report/runRecord.js';
import type { PhaseBound } from '../../src/report/runTimes.js';

class Script {
  nowMs = 1000;
  cpuMs = 50;
  readonly clock = new RunClock({ nowMs: () => this.nowMs }, () => this.cpuMs);
  private readonly o = this.clock.observer;

  pass(ms: number, cpuMs = 0): this {
    this.nowMs += ms;
    this.cpuMs += cpuMs;
    return this;
  }

  step(step: CampaignStep, ms: number, cpuMs = 0): this {
    this.o.stepBegan?.(step);
    this.pass(ms, cpuMs);
    this.o.stepEnded?.(step, ms);
    return this;
  }

  cycle(index: number): this {
    this.o.cycleBegan?.(index, 3);
    return this;
  }

  repeat(): this {
    this.o.cycleRepeated?.({} as CycleState, {} as CycleRecord);
    return this;
  }

  phase(from: CyclePhase, to: CyclePhase, ms: number, cpuMs = 0, bound: PhaseBound | null = null): this {
    this.pass(ms, cpuMs);
    this.o.phase?.(0, from, to, ms, bound);
    return this;
  }
}

type Times = NonNullable<RunRecord['times']>;
const phase = (times: Times, name: string) => times.phases.find((one) => one.name === name);

describe('the clock of a run', () => {
  it('gives count, median, sum and processor time of each phase, in the order of a cycle', () => {
    const script = new Script();
    for (const ms of [40, 10, 20, 30])
      script
        .cycle(0)
        .phase('load', 'arm', ms, ms / 2)
        .phase('verify', 'end', 5);
    const { times } = script.clock;
    expect(times.phases.map(({ name }) => name)).toEqual(['load', 'verify', 'record']);
    expect(phase(times, 'load')).toMatchObject({ count: 4, medianMs: 20, totalMs: 100, cpuMs: 50, bound: null });
    expect(times).toMatchObject({ cycles: 4, cyclesMs: 120 });
  });

  it('counts the time between two cycles as record, also before a repeated cycle and before a step', () => {
    const script = new Script().cycle(0).phase('verify', 'end', 5).pass(7, 3).cycle(1).pass(1).phase('load', 'end', 10);
    script.pass(4, 2).repeat().phase('load', 'end', 10).pass(6, 1).step('end', 100, 9);
    const { times } = script.clock;
    expect(phase(times, 'record')).toMatchObject({ count: 3, medianMs: 6, totalMs: 8 + 4 + 6, cpuMs: 6 });
    expect(times.cyclesMs).toBe(5 + 10 + 10 + 18);
    expect(times.steps).toEqual([{ name: 'end', count: 1, medianMs: 100, totalMs: 100, cpuMs: 9 }]);
  });

  it('lists the steps outside the cycles once each, and nothing that never ran', () => {
    const script = new Script().step('lab', 300).step('format', 10).step('prepare', 80).step('format', 30);
    const { times } = script.clock;
    expect(times.steps.map(({ name, count, totalMs }) => [name, count, totalMs])).toEqual([
      ['lab', 1, 300],
      ['format', 2, 40],
      ['prepare', 1, 80],
    ]);
    expect(times).toMatchObject({ cycles: 0, cyclesMs: 0, phases: [] });
  });

  it('takes the median of the known cause over all times, so that one cut during resync bounds no resync', () => {
    const script = new Script().phase('resync', 'arm', 20, 0, { by: 'profile', ms: 20 });
    script.phase('resync', 'verify', 500).phase('resync', 'verify', 700);
    script.phase('dark', 'restore', 110, 0, { by: 'profile', ms: 100 });
    expect(phase(script.clock.times, 'resync')?.bound).toEqual({ by: 'profile', medianMs: 0 });
    expect(phase(script.clock.times, 'dark')?.bound).toEqual({ by: 'profile', medianMs: 100 });
  });
});
