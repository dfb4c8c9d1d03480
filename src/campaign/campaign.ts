/**
 * A campaign: a session on the rig, equal copies to begin with, then cycle after cycle on the same data.
 *
 * Promises: power is restored and everything released before this returns or rejects, whatever happens; the outcome of
 * each ended cycle is told to the observers before the next one begins. What went wrong with the bench or the program
 * is part of the result, not an exception: the cycles before it count.
 */
import type { AreaFailure } from '../replication/replicationEngine.js';
import { comeBack } from './comeBack.js';
import { CycleRunner, problemFrom } from './cycleRunner.js';
import { keptRecord } from './cycle/cycleRecord.js';
import type { CycleState } from './cycle/cycleTypes.js';
import { textOf } from './errors.js';
import type { CampaignObserver, CampaignStep } from './observer.js';
import { allOf, guarded } from './observer.js';
import { planCycle } from './cycle/rounds.js';
import type { CampaignDeps, CampaignOptions, CampaignResult } from './campaignTypes.js';
import { Session } from './session/session.js';
import { eachOnce, isLeftDirty, isOfStandstill, notJudgedByTime, REPEATS_MAX } from './cycle/standstill.js';

/** @throws the typed errors of opening (lab, gate, boards, engine): nothing was written then. */
export async function runCampaign(options: CampaignOptions, deps: CampaignDeps): Promise<CampaignResult> {
  const campaign = new Campaign(options, deps);
  return campaign.run();
}

class Campaign {
  private readonly options: CampaignOptions;
  private readonly deps: CampaignDeps;
  private readonly tell: Required<CampaignObserver>;
  private readonly result: CampaignResult = { cycles: [], interrupted: null, problem: null, troubles: [] };
  private step: CampaignStep = 'lab';
  /** The cycle that runs. */
  private runner: CycleRunner | null = null;
  private readonly stoodStill = eachOnce((standstill) => {
    this.tell.standstill(standstill);
    this.runner?.standstill(standstill);
  });
  /** What a record could not be written for: the run ends, in order. */
  private unrecorded: Error | null = null;
  /** Where the history has the records of the running cycle. */
  private historyFile: string | null = null;
  /** I/O that failed while no cycle was there to take note. */
  private readonly stray: AreaFailure[] = [];

  constructor(options: CampaignOptions, deps: CampaignDeps) {
    this.options = options;
    this.deps = deps;
    this.tell = guarded(allOf(deps.observers), (error) => (this.unrecorded ??= error));
  }

  async run(): Promise<CampaignResult> {
    const deaf = this.deps.clock.onPause(this.stoodStill);
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
      if (this.runner === null) this.stray.push(failure);
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
    if (this.unrecorded !== null) this.result.problem ??= problemFrom(this.unrecorded);
    return this.result;
  }

  /** At a place where the run can end in order. @throws what an observer has thrown */
  private requireRecord(): void {
    if (this.unrecorded !== null) throw this.unrecorded;
  }

  /** With every rail on, and nothing else gone wrong, a failed I/O is the device's, whenever it comes. */
  private noteStray(): void {
    if (!this.goesOn() || this.stray.length === 0) return;
    const said = this.stray.map(({ area, errno }) => `${area} failed an I/O (errno ${errno})`);
    this.result.problem = {
      kind: 'hardware',
      code: 'IO_FAILED',
      text: `${said.join(', ')} outside of the cycles, while its power was on`,
    };
  }

  private openSession(): Promise<Session> {
    const { rig, ffi, keepLab, lock, runId, historyDir } = this.options;
    const { snapshot, rail, note } = this.tell;
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
          onStandstill: this.stoodStill,
          onNote: note,
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
    this.requireRecord();
    this.deps.interrupts.onFirst(() => void session.engine.stop().catch(() => undefined));
    const opened = await this.timed('open', () => session.claim());
    this.tell.opened(session.identities, opened);
    const { primary, secondary } = session.identities;
    if (primary.sizeBytes !== secondary.sizeBytes) {
      this.tell.note(
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
    for (let index = 0; index < campaign.cycles && this.goesOn(); index++) {
      this.tell.cycleBegan(index, campaign.cycles);
      await this.beginHistory(session, index, passed);
      const { state, repeats } = await this.runUntilItCounts(session, index);
      passed = this.note(state, index, repeats);
      this.requireRecord();
      // What this cycle lost is on its record; left in place it would be counted again in every later one.
      const differs = state.facts.verify?.equal === false;
      if (differs && this.goesOn()) await this.timed('repair', () => session.engine.repair());
    }
  }

  /** A cycle that is worth nothing only because the bench stood still is run again, on what it left. */
  private async runUntilItCounts(session: Session, index: number): Promise<{ state: CycleState; repeats: number }> {
    const { limits } = this.options.rig.campaign;
    for (let repeats = 0; ; repeats++) {
      const state = await this.runCycle(session, index);
      const record = keptRecord(state, limits);
      if (repeats === REPEATS_MAX || record === null || !isOfStandstill(state, record, limits))
        return { state, repeats };
      const isHalfWay = state.outcome?.kind === 'problem' || isLeftDirty(record);
      const found = isHalfWay ? await this.cameBack(session, state) : state;
      // Unequal copies are no beginning of a cycle.
      if (found === null || found.facts.verify?.equal === false) return { state: found ?? state, repeats };
      // The disks speak against themselves: that counts, however the cycle ended.
      const after = keptRecord(found, limits);
      if (after?.verdict !== 'PASS' && !isOfStandstill(found, after, limits)) return { state: found, repeats };
      this.tell.cycleRepeated(found, record);
    }
  }

  /** null: it can't; the cycle's problem stands. */
  private async cameBack(session: Session, state: CycleState): Promise<CycleState | null> {
    try {
      const before = this.stray.length;
      await session.startOver();
      // What failed on the way may have been without power.
      this.stray.splice(before);
      return { ...state, facts: await this.timed('repair', () => comeBack(session, this.options.rig, state.facts)) };
    } catch (error) {
      this.tell.note(`cycle ${state.plan.index} is not repeated: ${textOf(error)}`);
      return null;
    }
  }

  private async beginHistory(session: Session, index: number, passed: boolean | null): Promise<void> {
    const change = await session.engine.beginCycle?.(index, passed);
    if (change === undefined) return;
    this.historyFile = change.file;
    if (change.pruned.length > 0) this.tell.historyPruned(change.pruned);
  }

  private runCycle(session: Session, index: number): Promise<CycleState> {
    const { rig } = this.options;
    const plan = planCycle(rig.campaign, rig.rails, rig.campaign.seed, index, this.options.calibration ?? null);
    const runner = new CycleRunner(plan, rig.workload, session, {
      onPhase: (from, to, durationMs) => {
        this.tell.phase(index, from, to, durationMs);
        this.requireRecord();
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
    this.tell.cycleEnded(state, record);
    return record?.verdict === 'PASS';
  }

  private goesOn(): boolean {
    return this.result.problem === null && this.result.interrupted === null;
  }

  private interruptedBefore(): boolean {
    if (!this.deps.interrupts.requested) return false;
    this.result.interrupted ??= { cycle: -1, phase: this.step };
    return true;
  }

  private async timed<T>(step: CampaignStep, action: () => Promise<T>, said?: (value: T) => string): Promise<T> {
    this.step = step;
    this.tell.stepBegan(step);
    const since = this.deps.clock.nowMs();
    const value = await action();
    this.tell.stepEnded(step, this.deps.clock.nowMs() - since, said?.(value));
    if (step !== 'lab' && step !== 'end') this.requireRecord();
    return value;
  }
}

/** What could not be done is told with the result, and not twice. */
function endingWords(session: Session, troubles: readonly string[]): string {
  return troubles.length === 0
    ? `${session.powerAtEnd}, devices released`
    : 'not everything could be done, see the end of the report';
}
