/**
 * Runs one cycle on a test bench: performs the effects of the state machine and dispatches the results to it as inputs.
 *
 * Promises: one state machine, inputs one after another; each promise of the bench is awaited, or given up at the
 * machine's deadline. Not promised: an orderly end of the bench (see `cycle.ts`); the caller does that.
 */
import type { HostPause } from '../base/attendedTime.js';
import type { WorkloadSpec } from '../workload/workload.js';
import { newCycle, step } from './cycle/cycle.js';
import { phaseOf } from './cycle/cycleSteps.js';
import { boundOf } from './cycle/phaseBound.js';
import type { TestBench } from './cycle/testBench.js';
import { NS_PER_MS } from '../base/clock.js';
import type {
  CycleEffect,
  CycleInput,
  CyclePhase,
  CycleSettings,
  CycleProblem,
  CycleState,
  WorkName,
} from './cycle/cycleTypes.js';
import type { PhaseBound } from '../report/runTimes.js';
import { AreaWatch } from './areaWatch.js';
import { codeOf, textOf } from './errors.js';

export interface CycleObserver {
  /** The cycle was in `from` for `durationMs` and is in `to` now; `bound`: the part whose cause is known. */
  onPhase(from: CyclePhase, to: CyclePhase, durationMs: number, state: CycleState, bound: PhaseBound | null): void;
}

/** Without the time, which `dispatch` adds. */
type Untimed<T> = T extends { nowMs: number } ? Omit<T, 'nowMs'> : never;

export class CycleRunner {
  private state: CycleState;
  private readonly bench: TestBench;
  private readonly workload: WorkloadSpec;
  private readonly observer: CycleObserver;
  private readonly watch: AreaWatch;
  private phaseSinceMs: number;
  private cancelTimer: () => void = () => undefined;
  private onEnded: (state: CycleState) => void = () => undefined;

  constructor(plan: CycleSettings, workload: WorkloadSpec, bench: TestBench, observer: CycleObserver) {
    this.state = newCycle(plan);
    this.bench = bench;
    this.workload = workload;
    this.observer = observer;
    this.watch = new AreaWatch(bench, (sign) => this.dispatch({ type: 'areaFailed', sign }));
    this.phaseSinceMs = bench.clock.nowMs();
  }

  /** Resolves with the ended state; failures of hardware are part of it and never reject. */
  run(): Promise<CycleState> {
    const unsubscribe = this.bench.onFailure((failure) =>
      this.dispatch({ type: 'areaFailed', sign: { ...failure, source: 'engine' } }),
    );
    const unsubscribeLoad = this.bench.onLoadBegan(() => this.dispatch({ type: 'loadBegan' }));
    const unsubscribePoint = this.bench.onPoint((event) => this.dispatch({ type: 'point', event }));
    return new Promise<CycleState>((resolve) => {
      this.onEnded = resolve;
      this.dispatch({ type: 'start' });
    }).finally(() => {
      unsubscribe();
      unsubscribeLoad();
      unsubscribePoint();
      this.watch.end();
      this.cancelTimer();
    });
  }

  /** Ends the cycle in its present step. */
  interrupt(): void {
    this.dispatch({ type: 'interrupt' });
  }

  /** Must be called before any timer that fell due during the pause. */
  hostPause(pause: HostPause): void {
    if (this.state.step !== 'idle') this.dispatch({ type: 'hostPause', pause });
  }

  private dispatch(input: Untimed<CycleInput>): void {
    const before = phaseOf(this.state);
    const wasEnded = this.state.step === 'ended';
    const { state, effects } = step(this.state, { ...input, nowMs: this.bench.clock.nowMs() } as CycleInput);
    this.state = state;
    this.armTimer();
    this.reportPhase(before);
    for (const effect of effects) this.perform(effect);
    if (!wasEnded && state.step === 'ended') this.onEnded(state);
  }

  private armTimer(): void {
    this.cancelTimer();
    const dueMs = this.state.timerMs;
    this.cancelTimer =
      dueMs === null
        ? () => undefined
        : this.bench.clock.after(dueMs - this.bench.clock.nowMs(), () => this.dispatch({ type: 'tick' }));
  }

  private reportPhase(before: CyclePhase): void {
    const now = phaseOf(this.state);
    if (now === before) return;
    const nowMs = this.bench.clock.nowMs();
    const sinceMs = this.phaseSinceMs;
    const bound = boundOf({ phase: before, next: now, sinceMs, nowMs, state: this.state });
    try {
      this.observer.onPhase(before, now, nowMs - sinceMs, this.state, bound);
    } catch (error) {
      // A record that can't be written ends the run, after this input has been processed.
      queueMicrotask(() => this.dispatch({ type: 'problem', problem: problemFrom(error) }));
    }
    this.phaseSinceMs = nowMs;
  }

  private perform(effect: CycleEffect): void {
    const { bench } = this;
    switch (effect.type) {
      case 'probe':
        this.watch.end();
        return this.dispatchResult(
          this.watch.look(effect.areas, effect.unresponsiveAfterMs),
          ({ answering, unresponsive }) => ({
            type: 'readable',
            areas: answering,
            unresponsive,
          }),
        );
      case 'watch':
        return this.watch.begin(effect.areas, effect.unresponsiveAfterMs);
      case 'awaitReturn':
        return this.dispatchResult(this.watch.untilReadable(effect.areas), () => ({ type: 'returned' }));
      case 'switchOff':
        return this.dispatchResult(bench.power.switchAndRecord(effect.rails, 'off'), (commands) => ({
          type: 'switchedOff',
          commands,
        }));
      case 'switchOn':
        return this.dispatchResult(bench.power.switchAndRecord(effect.rails, 'on'), () => ({
          type: 'switchedOn',
          atNs: bench.clock.nowNs(),
        }));
      case 'identify':
        return this.dispatchResult(bench.identify(), (mismatch) => ({
          type: 'identified',
          mismatch,
          counters: bench.counterChanges?.() ?? [],
        }));
      case 'ended':
        return;
      case 'open':
      case 'load':
      case 'recover':
      case 'resync':
      case 'judge':
      case 'verify':
      case 'sendPoint':
      case 'disarmPoint':
      case 'powerLost':
      case 'stop':
      case 'abandon':
        return this.performOnEngine(effect);
    }
  }

  private performOnEngine(effect: EngineEffect): void {
    const { engine } = this.bench;
    switch (effect.type) {
      case 'open':
        return this.dispatchResult(
          this.bench.engineSpec().then((spec) => engine.open(spec)),
          () => ({ type: 'opened' }),
        );
      case 'load':
        return this.dispatchWorkResult(
          'load',
          engine.load(this.workload, effect.seed, null, effect.point),
          (report) => ({
            type: 'loaded',
            report,
          }),
        );
      case 'recover':
        return this.dispatchWorkResult('recover', engine.recover(effect.point), (report) => ({
          type: 'recovered',
          report,
        }));
      case 'resync':
        return this.dispatchWorkResult('resync', engine.resync(undefined, effect.point), (report) => ({
          type: 'resynced',
          report,
        }));
      case 'judge':
        return this.dispatchResult(engine.judge(effect.pass), (report) => ({ type: 'judged', report }));
      case 'verify':
        return this.dispatchResult(engine.verify(effect.pass), (report) => ({ type: 'verified', report }));
      case 'sendPoint':
        return this.dispatchResult(
          engine.sendPoint((effect.commandNs ?? this.bench.clock.nowNs()) + effect.leadMs * NS_PER_MS),
          () => null,
        );
      case 'disarmPoint':
        return this.dispatchResult(engine.disarmPoint(), () => null);
      case 'powerLost':
        return this.dispatchResult(engine.powerLost([...effect.areas]), () => null);
      case 'stop':
        return this.dispatchResult(engine.stop(), () => null);
      case 'abandon':
        return this.dispatchResult(engine.abandon(), () => ({ type: 'abandoned' }));
    }
  }

  /** `toInput` returns null where the machine waits for another input. */
  private dispatchResult<T>(promise: Promise<T>, toInput: (value: T) => Untimed<CycleInput> | null): void {
    promise.then(
      (value) => {
        const input = toInput(value);
        if (input !== null) this.dispatch(input);
      },
      (error: unknown) => this.dispatch({ type: 'problem', problem: problemFrom(error) }),
    );
  }

  private dispatchWorkResult<T>(work: WorkName, promise: Promise<T>, toInput: (value: T) => Untimed<CycleInput>): void {
    promise.then(
      (value) => this.dispatch(toInput(value)),
      (error: unknown) => this.dispatch({ type: 'workFailed', work, problem: problemFrom(error) }),
    );
  }
}

type EngineEffect = Extract<
  CycleEffect,
  {
    type:
      | 'open'
      | 'load'
      | 'recover'
      | 'resync'
      | 'judge'
      | 'verify'
      | 'sendPoint'
      | 'disarmPoint'
      | 'powerLost'
      | 'stop'
      | 'abandon';
  }
>;

/** Error classes of the layers that represent hardware; any other error is a defect of the program. */
const HARDWARE_ERRORS = ['PowerError', 'DeviceError', 'LabError'];

/** Hardware or program, by the error's class, and for errors of the engine by their code. */
export function problemFrom(error: unknown): CycleProblem {
  const name = error instanceof Error ? error.name : '';
  const code = codeOf(error);
  const hardware = HARDWARE_ERRORS.includes(name) || /^(DEVICE_|ENGINE_DEVICE$|ENGINE_AREA_LOST$)/.test(code);
  return { kind: hardware ? 'hardware' : 'internal', code, text: textOf(error) };
}
