/**
 * A campaign: a session on the rig, equal copies to begin with, then cycle after cycle on the same data.
 *
 * Promises: power is restored and everything released before this returns or rejects, whatever happens; the outcome of
 * each ended cycle is told to the observers before the next one begins. What went wrong with the bench or the program
 * is part of the result, not an exception: the cycles before it count.
 */
import type { AreaFailure } from '../replication/replicationEngine.js';
import { CycleRunner, problemFrom } from './cycleRunner.js';
import { keptRecord } from './cycle/cycleRecord.js';
import type { CycleFacts, CycleState } from './cycle/cycleTypes.js';
import { textOf } from './errors.js';
import { type CampaignObserver, type CampaignStep, allOf, catchingErrors } from './observer.js';
import { drawCycle } from './cycle/cycleSettings.js';
import type { CampaignDeps, CampaignOptions, CampaignResult } from './campaignTypes.js';
import { Session } from './session/session.js';
import { REPEATS_MAX, isDueToHostPause, isLeftDirty, notJudgedByTime, withoutDuplicates } from './cycle/hostPause.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { within } from './within.js';

/** @throws the typed errors of opening (lab, gate, boards, engine): nothing was written then. */
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
  /** The cycle that runs. */
  private runner: CycleRunner | null = null;
  private readonly onHostPause = withoutDuplicates((standstill) => {
    this.observer.hostPause(standstill);
    this.runner?.hostPause(standstill);
  });
  /** What a record could not be written for: the run ends, in order. */
  private recordError: Error | null = null;
  /** Where the history has the records of the running cycle. */
  private historyFile: string | null = null;
  /** I/O that failed while no cycle was there to take note. */
  private readonly strayFailures: AreaFailure[] = [];

  constructor(options: CampaignOptions, deps: CampaignDeps) {
    this.options = options;
    this.deps = deps;
    this.observer = catchingErrors(allOf(deps.observers), (error) => (this.recordError ??= error));
  }

  async run(): Promise<CampaignResult> {
    const deaf = this.deps.clock.onPause(this.onHostPause);
    try {
      return await this.runOnRig();
    } finally {
      deaf();
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
      // A step that was stopped may end as an error.
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

  /** At a place where the run can end in order. @throws what an observer has thrown */
  private throwRecordError(): void {
    if (this.recordError !== null) throw this.recordError;
  }

  /** With every rail on, and nothing else gone wrong, a failed I/O is the device's, whenever it comes. */
  private noteStray(): void {
    if (!this.mayContinue() || this.strayFailures.length === 0) return;
    const said = this.strayFailures.map(({ area, errno }) => `${area} failed an I/O (errno ${errno})`);
    this.result.problem = {
      kind: 'hardware',
      code: 'IO_FAILED',
      text: `${said.join(', ')} outside of the cycles, while its power was on`,
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

  /** Equal copies and an empty journal: what the first cycle's judge takes for granted. */
  private async prepare(session: Session): Promise<void> {
    if (this.interruptedBefore()) return;
    this.throwRecordError();
    this.deps.interrupts.onFirst(() => void session.engine.stop().catch(() => undefined));
    const opened = await this.timed('open', () => session.openDevices());
    this.observer.opened(session.identities, opened);
    const { primary, secondary } = session.identities;
    if (primary.sizeBytes !== secondary.sizeBytes) {
      this.observer.keepResult(
        `primary has ${primary.sizeBytes} bytes, secondary ${secondary.sizeBytes}: of each the first ${opened.usableBytes} are used`,
      );
    }
    await this.timed('format', () => session.engine.format('dirty'));
    if (this.interruptedBefore()) return;
    if (this.options.rig.campaign.prepare === 'stamp') await this.timed('prepare', () => session.engine.prepare());
    if (this.interruptedBefore()) return;
    const { equal, differingRegions, faults } = await this.timed('verify', () => session.engine.verify());
    if (this.interruptedBefore()) return;
    const wrong = [...Object.entries(faults?.primary ?? {}), ...Object.entries(faults?.secondary ?? {})];
    if (equal && wrong.length === 0) {
      await this.timed('format', () => session.engine.format('clean'));
      return;
    }
    const what = equal
      ? `P and S do not hold what was laid on them (${wrong.map(([name, sectors]) => `${sectors} sectors ${name}`).join(', ')})`
      : `P and S differ in ${differingRegions} regions`;
    this.result.problem = {
      kind: 'hardware',
      code: 'AREAS_DIFFER',
      text: `${what} before the first cut: a device does not keep what it is given (with prepare: compare, let prepare: stamp make them equal)`,
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
      // What this cycle lost is on its record; left in place it would be counted again in every later one.
      const differs = state.facts.verify?.equal === false;
      if (differs && this.mayContinue()) await this.timed('repair', () => session.engine.repair());
    }
  }

  /** A cycle that is worth nothing only because the bench stood still is run again, on what it left. */
  private async runWithRepeats(session: Session, index: number): Promise<{ state: CycleState; repeats: number }> {
    const { limits } = this.options.rig.campaign;
    for (let repeats = 0; ; repeats++) {
      const state = await this.runCycle(session, index);
      const record = keptRecord(state, limits);
      if (repeats === REPEATS_MAX || record === null || !isDueToHostPause(state, record, limits))
        return { state, repeats };
      const isHalfWay = state.outcome?.kind === 'problem' || isLeftDirty(record);
      const found = isHalfWay ? await this.recoverAndJudge(session, state) : state;
      // Unequal copies are no beginning of a cycle.
      if (found === null || found.facts.verify?.equal === false) return { state: found ?? state, repeats };
      // The disks speak against themselves: that counts, however the cycle ended.
      const after = keptRecord(found, limits);
      if (after?.verdict !== 'PASS' && !isDueToHostPause(found, after, limits)) return { state: found, repeats };
      this.observer.cycleRepeated(found, record);
    }
  }

  /** null: it can't; the cycle's problem stands. */
  private async recoverAndJudge(session: Session, state: CycleState): Promise<CycleState | null> {
    try {
      const before = this.strayFailures.length;
      await session.startOver();
      // What failed on the way may have been without power.
      this.strayFailures.splice(before);
      return {
        ...state,
        facts: await this.timed('repair', () => judgeAndResync(session, this.options.rig, state.facts)),
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
      onPhase: (from, to, durationMs) => {
        this.observer.phase(index, from, to, durationMs);
        this.throwRecordError();
      },
    });
    this.runner = runner;
    const ended = runner.run().finally(() => (this.runner = null));
    this.deps.interrupts.onFirst(() => runner.interrupt());
    return ended;
  }

  /** Returns whether the cycle passed. */
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

  private async timed<T>(step: CampaignStep, action: () => Promise<T>, said?: (value: T) => string): Promise<T> {
    this.step = step;
    this.observer.stepBegan(step);
    const since = this.deps.clock.nowMs();
    const value = await action();
    this.observer.stepEnded(step, this.deps.clock.nowMs() - since, said?.(value));
    if (step !== 'lab' && step !== 'end') this.throwRecordError();
    return value;
  }
}

/** What could not be done is told with the result, and not twice. */
function endingWords(session: Session, troubles: readonly string[]): string {
  return troubles.length === 0
    ? `${session.powerAtEnd}, devices released`
    : 'not everything could be done, see the end of the report';
}

// MERGED After a cycle that ended half way because the bench stood still, and a session that was started over: judges what the  cut left on the disks before it is copied over. So a repeated cycle hides nothing.
/** The facts with all that was found now. @throws what can't be had within the profile's deadlines */
export async function judgeAndResync(
  session: Session,
  { campaign }: ResolvedRig,
  facts: CycleFacts,
): Promise<CycleFacts> {
  const { recover, judge, resync } = campaign.deadlinesMs;
  const { engine, clock } = session;
  const recovery = await within(clock, recover, 'recovery', engine.recover());
  const judged = await within(clock, judge, 'judging', engine.judge());
  const copied = await within(clock, resync, 'resync', engine.resync());
  const verified = await within(clock, judge, 'verifying', engine.verify());
  return { ...facts, recoveries: [...facts.recoveries, recovery], judge: judged, resync: copied, verify: verified };
}
