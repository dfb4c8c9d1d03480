/**
 * Replays a trace on any engine, and runs a world until it is idle. Steps that are not possible are skipped, so that
 * shortened traces can be tried.
 *
 * When idle (I3, I5): whatever happened before, once the devices answer and time passes, every update is answered, S is
 * resynchronized, D is empty, and P equals S.
 */
import { judgeDamage } from './damage.js';
import { EffectCounters } from './stage.js';
import { CrashJudge, regionsText, versionsText, type Violation } from './invariants.js';
import type { Tearing } from './crashImages.js';
import { violationOf } from './search.js';
import type { Trace, TraceStep } from './steps.js';
import { createStage, type Stage, World, type WorldParts } from './world.js';

export interface Replay {
  /** The steps taken up to the violation, including those of `runUntilIdle`. */
  steps: TraceStep[];
  unpumped: number[];
  violation: Violation | null;
}

/** Creating a stage costs more than replaying a short trace: a caller that replays many traces passes one. */
export function replay(
  trace: Trace,
  parts: WorldParts,
  tearing: Tearing = 'sector',
  stage: Stage = stageFor(trace, parts),
): Replay {
  const judge = new CrashJudge(tearing);
  const result: Replay = { steps: [], unpumped: [], violation: null };
  const without = new Set(trace.unpumped ?? []);
  let world: World;
  try {
    world = new World(stage);
    completeAllIo(world);
    for (let i = 0; i < trace.steps.length && result.violation === null; i++) {
      const before = result.steps.length;
      const step = trace.steps[i];
      result.steps.push(step);
      if (step.do === 'damage') {
        result.violation = judgeDamage(world, step);
        if (result.violation === null) result.steps.pop();
        continue;
      }
      if (!world.take(step, !without.has(i))) {
        result.steps.pop();
        continue;
      }
      if (without.has(i)) result.unpumped.push(before);
      result.violation = judge.judge(world);
    }
    if (result.violation === null) {
      world.pump();
      const given = result.steps.length;
      result.violation = runUntilIdle(world, judge, (step) => result.steps.push(step));
      // The steps of runUntilIdle follow from the others: a violation that is found when idle does not need them.
      const whenIdle = result.violation === null || result.violation.rule === 'I3' || result.violation.rule === 'I5';
      if (whenIdle) result.steps.length = given;
    }
  } catch (error) {
    result.violation = violationOf(error);
  }
  return result;
}

export function stageFor(trace: Trace, parts: WorldParts): Stage {
  return createStage(trace.scene, parts, new EffectCounters());
}

/** Far more steps than a history of a few updates needs. */
const STEPS_MAX = 600;

/** Completes all I/O of the devices; after that, recovery is over and no journal write is in flight. */
export function completeAllIo(world: World): void {
  for (let n = 0; n < STEPS_MAX; n++) {
    const step = world.deviceSteps()[0];
    if (step === undefined) return;
    world.take(step);
  }
}

/**
 * Closes all transactions, completes all I/O and resynchronizes S. Returns the first violation.
 *
 * @param onStep called with each step before it is taken
 * @throws ProtocolBreach
 */
export function runUntilIdle(
  world: World,
  judge: CrashJudge,
  onStep: (step: TraceStep) => void = () => {},
): Violation | null {
  for (const transaction of world.openTransactions) {
    onStep({ do: 'close', transaction });
    world.take({ do: 'close', transaction });
  }
  let idle = 0;
  for (let n = 0; n < STEPS_MAX; n++) {
    const step = nextStep(world, idle);
    if (step === null) return idleViolation(world);
    onStep(step);
    idle = world.take(step) && step.do !== 'tick' ? 0 : idle + 1;
    const violation = judge.judge(world);
    if (violation !== null) return violation;
  }
  return { rule: 'I5', detail: `the world does not become idle: ${openWorkText(world)}`, journal: null };
}

function nextStep(world: World, idle: number): TraceStep | null {
  const { core } = world;
  const { secondaryAway, primaryLost, journalLost } = core.state;
  const device = world.deviceSteps()[0];
  if (device !== undefined) return device;
  const goesOn = !primaryLost && !journalLost;
  if (goesOn && (secondaryAway || world.areas[1].dead) && idle === 0) return { do: 'back' };
  if (world.unanswered === 0 && core.quiescent && !needsResync(world)) return null;
  if (goesOn && !secondaryAway && core.awaitingRegions > 0 && !core.resync.active) return { do: 'resync' };
  return { do: 'tick', ms: 1 };
}

function needsResync(world: World): boolean {
  const { core } = world;
  return !core.state.primaryLost && !core.state.journalLost && core.awaitingRegions > 0;
}

function openWorkText(world: World): string {
  const { core } = world;
  return `${world.unanswered} unanswered, ${core.updatesInFlight} slots in use, ${core.awaitingRegions} regions await resync, ${core.log.freeBlocks} blocks of the log free`;
}

function idleViolation(world: World): Violation | null {
  const { core, areas, journal, stage } = world;
  if (core.updatesInFlight > 0)
    return { rule: 'I3', detail: `idle with ${core.updatesInFlight} slots in use`, journal: null };
  if (core.state.primaryLost || core.state.journalLost) return null;
  if (core.dirtyRegions > 0)
    return {
      rule: 'I3',
      detail: `all updates are acknowledged, and ${core.dirtyRegions} indicators are set`,
      journal: null,
    };
  const { dirtyMask } = stage.recoveries.of(journal.durable);
  if (dirtyMask !== 0)
    return { rule: 'I3', detail: `all updates are acknowledged, and D = ${regionsText(dirtyMask)}`, journal: null };
  for (let k = 0; k < areas[0].sectorCount; k++) {
    const p = areas[0].possible(k);
    const s = areas[1].possible(k);
    if (p !== s || (p & (p - 1)) !== 0) {
      return {
        rule: 'I3',
        detail: `all regions are resynchronized, and sector ${k} is ${versionsText(p)} on P, ${versionsText(s)} on S`,
        journal: null,
      };
    }
  }
  return null;
}
