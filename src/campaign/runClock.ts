/**
 * Measures where the time of a campaign goes, from the events of its observer: the phases of the cycles, the time
 * between two cycles (`record`), and the steps outside the cycles.
 */
import type { Clock } from '../base/clock.js';
import type { PhaseBound, RunTimes } from '../report/runTimes.js';
import { distributionOf } from './cycle/latencies.js';
import type { CyclePhase } from './cycle/cycleTypes.js';
import type { CampaignObserver, CampaignStep } from './observer.js';

const PHASES: readonly (CyclePhase | 'record')[] = [
  'preflight',
  'load',
  'arm',
  'cut',
  'dark',
  'restore',
  'identify',
  'recover',
  'judge',
  'resync',
  'verify',
  'record',
];
const STEPS: readonly CampaignStep[] = ['lab', 'open', 'format', 'prepare', 'verify', 'repair', 'end'];

interface Samples {
  durationsMs: number[];
  cpuMs: number;
  /** One for each duration. */
  bounds: (PhaseBound | null)[];
}

export class RunClock {
  readonly observer: CampaignObserver;
  private readonly clock: Pick<Clock, 'nowMs'>;
  private readonly processorMs: () => number;
  private readonly phases = new Map<string, Samples>();
  private readonly steps = new Map<string, Samples>();
  private cycles = 0;
  /** The last phase of a cycle has ended, and no phase or step has begun since. */
  private between: { sinceMs: number; cpuMs: number } | null = null;
  private processorSinceMs: number;

  /** `processorMs`: processor time that the bench has used so far. */
  constructor(clock: Pick<Clock, 'nowMs'>, processorMs: () => number) {
    this.clock = clock;
    this.processorMs = processorMs;
    this.processorSinceMs = processorMs();
    this.observer = {
      stepBegan: () => {
        this.noteProcessor();
        this.endRecord(this.clock.nowMs());
      },
      stepEnded: (step, durationMs) => add(this.steps, step, durationMs, this.processorUsed(), null),
      cycleBegan: () => {
        this.cycles += 1;
        this.noteProcessor();
      },
      cycleRepeated: () => this.noteProcessor(),
      phase: (_index, from, to, durationMs, bound) => {
        const nowMs = this.clock.nowMs();
        this.endRecord(nowMs - durationMs);
        add(this.phases, from, durationMs, this.processorUsed(), bound);
        if (to === 'end') this.between = { sinceMs: nowMs, cpuMs: 0 };
      },
    };
  }

  /** Of all that has ended. */
  get times(): RunTimes {
    const phases = PHASES.flatMap((name) => timesOf(name, this.phases));
    return {
      cycles: this.cycles,
      cyclesMs: rounded(sum(phases.map(({ totalMs }) => totalMs))),
      phases,
      steps: STEPS.flatMap((name) => timesOf(name, this.steps)).map(({ bound: _none, ...step }) => step),
    };
  }

  private endRecord(nowMs: number): void {
    if (this.between === null) return;
    add(this.phases, 'record', Math.max(0, nowMs - this.between.sinceMs), this.between.cpuMs, null);
    this.between = null;
  }

  /** Between two cycles the processor works for the records. */
  private noteProcessor(): void {
    const usedMs = this.processorUsed();
    if (this.between !== null) this.between.cpuMs += usedMs;
  }

  private processorUsed(): number {
    const nowMs = this.processorMs();
    const usedMs = nowMs - this.processorSinceMs;
    this.processorSinceMs = nowMs;
    return usedMs;
  }
}

function add(to: Map<string, Samples>, name: string, ms: number, cpuMs: number, bound: PhaseBound | null): void {
  const samples = to.get(name) ?? { durationsMs: [], cpuMs: 0, bounds: [] };
  to.set(name, samples);
  samples.durationsMs.push(ms);
  samples.cpuMs += cpuMs;
  samples.bounds.push(bound);
}

/** One element; none if it never ran. */
function timesOf(name: string, samples: ReadonlyMap<string, Samples>): RunTimes['phases'] {
  const found = samples.get(name);
  if (found === undefined) return [];
  const { durationsMs, cpuMs, bounds } = found;
  const by = bounds.find((bound) => bound !== null)?.by ?? null;
  // A phase that mostly ran without the cause is not bounded by it: its median is then 0.
  const boundMs = distributionOf(bounds.map((bound) => bound?.ms ?? 0)).median;
  return [
    {
      name,
      count: durationsMs.length,
      medianMs: rounded(distributionOf(durationsMs).median),
      totalMs: rounded(sum(durationsMs)),
      cpuMs: rounded(cpuMs),
      bound: by === null ? null : { by, medianMs: rounded(boundMs) },
    },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** To microseconds, as in events.jsonl. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
