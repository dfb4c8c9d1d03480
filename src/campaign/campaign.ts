/**
 * A campaign: opens a session on the rig, makes the copies equal, then runs cycle after cycle on the same data.
 *
 * Promises: power is restored and everything is released before this returns or rejects; observers get the outcome of
 * each cycle before the next one begins. A failure of hardware or of the program is part of the result and no
 * exception: the cycles before it count.
 */
import type { AreaFailure, PassRequest } from '../replication/replicationEngine.js';
import { CycleRunner, problemFrom } from './cycleRunner.js';
import { keptRecord } from './cycle/cycleRecord.js';
import type { CycleState } from './cycle/cycleTypes.js';
import { textOf } from './errors.js';
import { type CampaignObserver, type CampaignStep, allOf, catchingErrors } from './observer.js';
import { drawCycle } from './cycle/cycleSettings.js';
import type { CampaignDeps, CampaignOptions, CampaignResult } from './campaignTypes.js';
import { Session } from './session/session.js';
import { REPEATS_MAX, isDueToHostPause, isLeftDirty, notJudgedByTime, withoutDuplicates } from './cycle/hostPause.js';
import { judgeAndResync } from './judgeAgain.js';

const ENTIRE_AREAS: PassRequest = { extent: 'full', scrubPercent: 0 };
const WORKING_SET: PassRequest = { extent: 'touched', scrubPercent: 0 };

/** @throws the typed errors of opening (lab, gate, boards, engine); nothing has been written then */
export async function runCampaign(options: CampaignOptions, deps: CampaignDeps): Promise<CampaignResult> {
  const campaign = new Campaign(options, deps);
  return campaign.run();
}

class Campaign {
  private readonly options: CampaignOptions;
  private readonly deps: CampaignDeps;
  private readonly observer: Required<CampaignObserver>;
  private readonly result: CampaignResult = { cycles: [], interrupted: null, problem: null, troubles: [] };
  private step: CampaignStep = 'lab';
  /** Of the running cycle. */
  private runner: CycleRunner | null = null;
  private readonly onHostPause = withoutDuplicates((pause) => {
    this.observer.hostPause(pause);
    this.runner?.hostPause(pause);
  });
  /** Why a record could not be written: the run then ends in order. */
  private recordError: Error | null = null;
  /** File of the history for the running cycle. */
  private historyFile: string | null = null;
  /** I/O that failed while no cycle ran. */
  private readonly strayFailures: AreaFailure[] = [];

  constructor(options: CampaignOptions, deps: CampaignDeps) {
    this.options = options;
    this.deps = deps;
    this.observer = catchingErrors(allOf(deps.observers), (error) => (this.recordError ??= error));
  }

  async run(): Promise<CampaignResult> {
    const unsubscribe = this.deps.clock.onPause(this.onHostPause);
    try {
      return await this.runOnRig();
    } finally {
      unsubscribe();
    }
  }

  private async runOnRig(): Promise<CampaignResult> {
    const session = await this.openSession();
    this.deps.onSession?.(session);
    session.onFailure((failure) => {
      if (this.runner === null) this.strayFailures.push(failure);
    });
    try {
      await this.prepare(session);
      await this.runCycles(session);
    } catch (error) {
      // A step that an interrupt stops may end with an error.
      if (!this.interruptedBefore()) this.result.problem = problemFrom(error);
    } finally {
      this.result.troubles = await this.timed(
        'end',
        () => session.end(),
        (troubles) => endingWords(session, troubles),
      );
    }
    this.noteStray();
    if (this.recordError !== null) this.result.problem ??= problemFrom(this.recordError);
    return this.result;
  }

  /** Called where the run can end in order. @throws what an observer has thrown */
  private throwRecordError(): void {
    if (this.recordError !== null) throw this.recordError;
  }

  /** Every rail was on and nothing else failed: a failed I/O is then a fault of the device. */
  private noteStray(): void {
    if (!this.mayContinue() || this.strayFailures.length === 0) return;
    const failures = this.strayFailures.map(({ area, errno }) => `${area} failed an I/O (errno ${errno})`);
    this.result.problem = {
      kind: 'hardware',
      code: 'IO_FAILED',
      text: `${failures.join(', ')} between cycles, while its power was on; check the device and its cable`,
    };
  }

  private openSession(): Promise<Session> {
    const { rig, ffi, keepLab, lock, runId, historyDir } = this.options;
    const { snapshot, rail, keepResult } = this.observer;
    const stopped = (): boolean => this.deps.interrupts.requested;
    return this.timed('lab', () =>
      Session.open(
        {
          rig,
          ffi,
          lab: 'start',
          keepLab,
          lock,
          runId,
          historyDir,
          onSnapshot: snapshot,
          onRail: rail,
          onPause: this.onHostPause,
          onNote: keepResult,
          stopped,
        },
        this.deps.host,
        this.deps.clock,
      ),
    );
  }

  /** Makes the copies equal and the journal empty: the judge of the first cycle relies on both. */
  private async prepare(session: Session): Promise<void> {
    if (this.interruptedBefore()) return;
    this.throwRecordError();
    this.deps.interrupts.onFirst(() => void session.engine.stop().catch(() => undefined));
    const opened = await this.timed('open', () => session.openDevices());
    this.observer.opened(session.identities, opened);
    const { primary, secondary } = session.identities;
    if (primary.sizeBytes !== secondary.sizeBytes) {
      this.observer.keepResult(
        `primary has ${primary.sizeBytes} bytes, secondary ${secondary.sizeBytes}; the run uses the first ${opened.usableBytes} of each`,
      );
    }
    const { campaign, workload } = this.options.rig;
    const isTouched = campaign.prepare === 'touched';
    // The updates of `prepareWorkingSet` are tracked: the journal is right at any time.
    await this.timed('format', () => session.engine.format(isTouched ? 'clean' : 'dirty'));
    if (this.interruptedBefore()) return;
    if (campaign.prepare === 'stamp') await this.timed('prepare', () => session.engine.prepare());
    if (isTouched) await this.timed('prepare', () => session.engine.prepareWorkingSet(workload));
    if (this.interruptedBefore()) return;
    const { equal, differingRegions, faults } = await this.timed('verify', () =>
      session.engine.verify(isTouched ? WORKING_SET : ENTIRE_AREAS),
    );
    if (this.interruptedBefore()) return;
    const wrong = [...Object.entries(faults?.primary ?? {}), ...Object.entries(faults?.secondary ?? {})];
    if (equal && wrong.length === 0) {
      await this.timed('format', () => session.engine.format('clean'));
      return;
    }
    const what = equal
      ? `P and S do not hold what was written to them (${wrong.map(([name, sectors]) => `${sectors} sectors ${name}`).join(', ')})`
      : `P and S differ in ${differingRegions} regions`;
    this.result.problem = {
      kind: 'hardware',
      code: 'AREAS_DIFFER',
      text: `${what} before the first cut: a device does not keep what is written to it; with prepare: compare, set campaign.prepare: stamp to make them equal`,
    };
  }

  private async runCycles(session: Session): Promise<void> {
    const { campaign } = this.options.rig;
    let passed: boolean | null = null;
    for (let index = 0; index < campaign.cycles && this.mayContinue(); index++) {
      this.observer.cycleBegan(index, campaign.cycles);
      await this.beginHistory(session, index, passed);
      const { state, repeats } = await this.runWithRepeats(session, index);
      passed = this.note(state, index, repeats);
      this.throwRecordError();
      // The record has what this cycle lost; left on the disks, every later cycle would report it again.
      const differs = state.facts.verify?.equal === false;
      if (differs && this.mayContinue()) await this.timed('repair', () => session.engine.repair(state.settings.verify));
    }
  }

  /** Repeats a cycle that is invalid only because the bench process paused, on the data that it left. */
  private async runWithRepeats(session: Session, index: number): Promise<{ state: CycleState; repeats: number }> {
    const { limits } = this.options.rig.campaign;
    for (let repeats = 0; ; repeats++) {
      const state = await this.runCycle(session, index);
      const record = keptRecord(state, limits);
      if (repeats === REPEATS_MAX || record === null || !isDueToHostPause(state, record, limits))
        return { state, repeats };
      const isHalfWay = state.outcome?.kind === 'problem' || isLeftDirty(record);
      const found = isHalfWay ? await this.recoverAndJudge(session, state) : state;
      // A cycle must begin on equal copies.
      if (found === null || found.facts.verify?.equal === false) return { state: found ?? state, repeats };
      // A finding about the disks themselves counts, however the cycle ended.
      const after = keptRecord(found, limits);
      if (after?.verdict !== 'PASS' && !isDueToHostPause(found, after, limits)) return { state: found, repeats };
      this.observer.cycleRepeated(found, record);
    }
  }

  /** null: recovery failed; the cycle keeps its problem. */
  private async recoverAndJudge(session: Session, state: CycleState): Promise<CycleState | null> {
    try {
      const before = this.strayFailures.length;
      await session.startOver();
      // I/O that failed during the restart may have met a device without power.
      this.strayFailures.splice(before);
      return {
        ...state,
        facts: await this.timed('repair', () => judgeAndResync(session, this.options.rig, state)),
      };
    } catch (error) {
      this.observer.keepResult(`cycle ${state.settings.index} is not repeated: ${textOf(error)}`);
      return null;
    }
  }

  private async beginHistory(session: Session, index: number, passed: boolean | null): Promise<void> {
    const change = await session.engine.beginCycle?.(index, passed);
    if (change === undefined) return;
    this.historyFile = change.file;
    if (change.pruned.length > 0) this.observer.historyPruned(change.pruned);
  }

  private runCycle(session: Session, index: number): Promise<CycleState> {
    const { rig } = this.options;
    const plan = drawCycle(rig.campaign, rig.rails, rig.campaign.seed, index, this.options.calibration ?? null);
    const runner = new CycleRunner(plan, rig.workload, session, {
      onPhase: (from, to, durationMs, _state, bound) => {
        this.observer.phase(index, from, to, durationMs, bound);
        this.throwRecordError();
      },
    });
    this.runner = runner;
    const ended = runner.run().finally(() => (this.runner = null));
    this.deps.interrupts.onFirst(() => runner.interrupt());
    return ended;
  }

  /** @returns whether the cycle passed */
  private note(state: CycleState, index: number, repeats: number): boolean {
    const outcome = state.outcome!;
    const { limits } = this.options.rig.campaign;
    const found = notJudgedByTime(state, keptRecord(state, limits, repeats), limits);
    const record = found === null ? null : { ...found, history: this.historyFile };
    if (record !== null) this.result.cycles.push(record);
    if (outcome.kind === 'problem') this.result.problem = outcome.problem;
    if (outcome.kind === 'interrupted') this.result.interrupted = { cycle: index, phase: outcome.phase };
    this.observer.cycleEnded(state, record);
    return record?.verdict === 'PASS';
  }

  private mayContinue(): boolean {
    return this.result.problem === null && this.result.interrupted === null;
  }

  private interruptedBefore(): boolean {
    if (!this.deps.interrupts.requested) return false;
    this.result.interrupted ??= { cycle: -1, phase: this.step };
    return true;
  }

  private async timed<T>(step: CampaignStep, action: () => Promise<T>, describe?: (value: T) => string): Promise<T> {
    this.step = step;
    this.observer.stepBegan(step);
    const since = this.deps.clock.nowMs();
    const value = await action();
    this.observer.stepEnded(step, this.deps.clock.nowMs() - since, describe?.(value));
    if (step !== 'lab' && step !== 'end') this.throwRecordError();
    return value;
  }
}

/** The troubles themselves are listed once, with the result. */
function endingWords(session: Session, troubles: readonly string[]): string {
  return troubles.length === 0
    ? `${session.powerAtEnd}, devices released`
    : 'some steps failed; the end of the report lists them';
}
