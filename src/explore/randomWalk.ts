/**
 * Long random histories: any operation in any order, with crashes and recoveries. The same seed gives the same history.
 */
import type { Prng } from '../base/prng.js';
import type { CrashJudge, Violation } from './invariants.js';
import { SECTORS_PER_REGION } from './stage.js';
import { probeStep, violationOf } from './search.js';
import { runUntilIdle } from './replay.js';
import type { CrashStep, Op, TraceStep } from './steps.js';
import type { World } from './world.js';

export interface WalkResult {
  steps: TraceStep[];
  unpumped: number[];
  violation: Violation | null;
}

/** Each walk makes other operations frequent. */
type Leaning = 'steady' | 'trouble' | 'away' | 'echo' | 'journal-errors' | 'pressure';
const LEANINGS: readonly Leaning[] = ['steady', 'trouble', 'away', 'echo', 'journal-errors', 'pressure'];

/** The factors by which a leaning makes operations more frequent. */
const TROUBLE_FACTOR = 12;
const AWAY_FACTOR = 6;
const ECHO_FACTOR = 30;
const JOURNAL_ERROR_FACTOR = 60;
const PRESSURE_FACTOR = 4;

function factor(leaning: Leaning, op: Op): number {
  if (leaning === 'trouble')
    return op.do === 'write' || op.do === 'close' || op.do === 'tick' || op.do === 'drain' ? 1 : TROUBLE_FACTOR;
  if (leaning === 'away')
    return op.do === 'giveUp' || op.do === 'resync' || op.do === 'back' || (op.do === 'fail' && op.device === 'J')
      ? AWAY_FACTOR
      : 1;
  if (leaning === 'echo') return op.do === 'repeat' ? ECHO_FACTOR : 1;
  if (leaning === 'journal-errors')
    return op.do === 'fail' && op.device === 'J'
      ? JOURNAL_ERROR_FACTOR
      : op.do === 'cut' && op.device === 'S'
        ? AWAY_FACTOR
        : 1;
  if (leaning === 'pressure')
    return op.do === 'close' ? 0.1 : op.do === 'resync' || op.do === 'back' ? PRESSURE_FACTOR : 1;
  return 1;
}

/** Weights of the operations of application and operator. */
const WEIGHTS: readonly [number, (prng: Prng, world: World) => Op][] = [
  [50, randomWrite],
  [12, (prng) => ({ do: 'close', transaction: prng.nextBelow(3) })],
  [12, (prng) => ({ do: 'tick', ms: 1 + prng.nextBelow(3) })],
  [1, () => ({ do: 'tick', ms: 9 })],
  [2, () => ({ do: 'cut', device: 'S' })],
  [2, () => ({ do: 'fail', device: 'S' })],
  [1, () => ({ do: 'failFlush', device: 'S' })],
  [1, () => ({ do: 'blink', device: 'S' })],
  [8, () => ({ do: 'back' })],
  [8, () => ({ do: 'resync' })],
  [1, () => ({ do: 'stopResync' })],
  [1, (prng) => ({ do: 'repeat', device: prng.nextBelow(2) === 0 ? 'P' : 'S' })],
  [0.3, () => ({ do: 'giveUp' })],
  [0.2, () => ({ do: 'drain' })],
  [0.2, (prng) => ({ do: 'cut', device: prng.nextBelow(2) === 0 ? 'P' : 'J' })],
  [0.2, (prng) => ({ do: 'fail', device: prng.nextBelow(2) === 0 ? 'P' : 'J' })],
  [0.2, (prng) => ({ do: 'failFlush', device: prng.nextBelow(2) === 0 ? 'P' : 'J' })],
  [0.2, () => ({ do: 'blink', device: 'P' })],
];

/** Mean share of operations among the steps while I/O is in flight; of crashes; of steps without a pump after them. */
const OP_PERCENT = 30;
const CRASH_PER_MILLE = 8;
const UNPUMPED_PERCENT = 10;

function randomWrite(prng: Prng, world: World): Op {
  const total = world.stage.scene.regions * SECTORS_PER_REGION;
  const sector = prng.nextBelow(total);
  const sectors = Math.min(1 + prng.nextBelow(prng.nextBelow(4) === 0 ? 4 : 2), total - sector);
  return { do: 'write', transaction: prng.nextBelow(3), sector, sectors };
}

function randomOp(prng: Prng, world: World, leaning: Leaning): Op {
  const made = WEIGHTS.map(([weight, make]) => {
    const op = make(prng, world);
    return { op, weight: weight * factor(leaning, op) };
  });
  let x = prng.nextUnit() * made.reduce((sum, m) => sum + m.weight, 0);
  for (const { op, weight } of made) {
    x -= weight;
    if (x < 0) return op;
  }
  return made[0].op;
}

export interface WalkObserver {
  onState(world: World, depth: number): void;
}

/** Takes `length` steps from the state of the world, then runs it until idle. */
export function randomWalk(
  world: World,
  judge: CrashJudge,
  prng: Prng,
  length: number,
  observer: WalkObserver,
): WalkResult {
  const result: WalkResult = { steps: [], unpumped: [], violation: null };
  // Each walk has its own leaning and its own rates of operations and crashes.
  const leaning = LEANINGS[prng.nextBelow(LEANINGS.length)];
  const opPercent = 5 + prng.nextBelow(2 * OP_PERCENT);
  const crashPerMille = prng.nextBelow(2 * CRASH_PER_MILLE);
  try {
    for (let n = 0; n < length && result.violation === null; n++) {
      const step = nextStep(world, judge, prng, { leaning, opPercent, crashPerMille });
      const pump = step.do === 'crash' || prng.nextBelow(100) >= UNPUMPED_PERCENT;
      result.steps.push(step);
      if (!pump) result.unpumped.push(result.steps.length - 1);
      if (!world.take(step, pump)) {
        result.steps.pop();
        if (!pump) result.unpumped.pop();
        continue;
      }
      result.violation = judge.judge(world);
      if (result.violation === null) observer.onState(world, n);
    }
    if (result.violation === null) {
      world.pump();
      result.violation = runUntilIdle(world, judge);
    }
  } catch (error) {
    result.violation = violationOf(error);
    result.steps.push(...probeStep(error));
  }
  return result;
}

function nextStep(
  world: World,
  judge: CrashJudge,
  prng: Prng,
  { leaning, opPercent, crashPerMille }: { leaning: Leaning; opPercent: number; crashPerMille: number },
): TraceStep {
  const { state } = world.core;
  const over = state.primaryLost || state.journalLost;
  if (prng.nextBelow(1000) < (over ? 100 : crashPerMille)) return randomCrash(world, judge, prng);
  const steps = world.deviceSteps();
  if (steps.length === 0 || prng.nextBelow(100) < opPercent) return randomOp(prng, world, leaning);
  // In a 'pressure' walk the journal completes its writes before the areas do, so that the log fills.
  const journal = leaning === 'pressure' ? steps.filter((s) => s.do === 'journalEnd') : [];
  if (journal.length > 0 && prng.nextBelow(4) > 0) return journal[prng.nextBelow(journal.length)];
  return steps[prng.nextBelow(steps.length)];
}

function randomCrash(world: World, judge: CrashJudge, prng: Prng): CrashStep {
  const { outcomes } = judge.view(world);
  const { patterns } = outcomes[prng.nextBelow(outcomes.length)].crash;
  return { do: 'crash', primary: prng.nextBelow(2) === 0 ? 'lost' : 'kept', journal: patterns };
}
