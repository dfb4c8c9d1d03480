/**
 * Exhaustive search: all orders in which the steps of a script and of the devices can interleave, to a given depth;
 * equal states are merged. In each state every crash is judged, and the search continues after each different crash
 * (recovery, resync, and crashes during those) to a given nesting.
 */
import { trulyDifferingRegions } from './worldMemory.js';
import type { CrashJudge, JournalView, Violation } from './invariants.js';
import { Mix, type StateSet } from './stateHash.js';
import type { Op, TraceStep } from './steps.js';
import { ProtocolBreach, type World, type WorldState } from './world.js';

export interface SearchLimits {
  /** Steps of one run of the host, from start to crash. */
  depth: number;
  /** Crashes in one history. */
  crashes: number;
  /** After this many states the search ends, and is not exhaustive. */
  states: number;
  /** What the operator does after each recovery. */
  afterCrash: readonly Op[];
}

export interface SearchResult {
  states: number;
  deepest: number;
  /** Every state within the depth was visited. */
  exhaustive: boolean;
  violation: { steps: TraceStep[]; violation: Violation } | null;
}

/** An observer found a violation in a state. */
export class ProbeFailure extends Error {
  readonly violation: Violation;
  /** The step with which it found the violation; null: it ran the world until idle. */
  readonly step: TraceStep | null;
  constructor(violation: Violation, step: TraceStep | null) {
    super(violation.detail);
    this.violation = violation;
    this.step = step;
  }
}

/** Called for each new state, after it was judged. It may change the world, and throw ProbeFailure. */
export interface SearchObserver {
  onState(world: World, depth: number): void;
  /** Asked after every 64 states: whether the search has to end. */
  expired(): boolean;
}

export class Search {
  private readonly world: World;
  private readonly judge: CrashJudge;
  private readonly limits: SearchLimits;
  private readonly seen: StateSet;
  private readonly observer: SearchObserver;
  private readonly trail: TraceStep[] = [];
  private expired = false;
  private result: SearchResult = { states: 0, deepest: 0, exhaustive: true, violation: null };

  /** @param seen shared between searches: a state with the same rest of a script is visited once. */
  constructor(world: World, judge: CrashJudge, limits: SearchLimits, seen: StateSet, observer: SearchObserver) {
    this.world = world;
    this.judge = judge;
    this.limits = limits;
    this.seen = seen;
    this.observer = observer;
  }

  run(script: readonly Op[], prefix: readonly TraceStep[] = []): SearchResult {
    this.trail.length = 0;
    this.trail.push(...prefix);
    this.result = { states: 0, deepest: 0, exhaustive: true, violation: null };
    try {
      this.visit(script, 0);
    } catch (error) {
      this.result.violation = { steps: [...this.trail, ...probeStep(error)], violation: violationOf(error) };
    }
    return this.result;
  }

  private get stopped(): boolean {
    if (this.result.violation !== null) return true;
    if (!this.expired && this.result.states < this.limits.states) return false;
    this.result.exhaustive = false;
    return true;
  }

  private visit(rest: readonly Op[], depth: number): void {
    const { world, result } = this;
    if (this.stopped) return;
    const left = Math.min(depth, this.limits.depth);
    if (!this.seen.add(stateKey(world, rest, this.limits.depth - left))) return;
    result.states++;
    result.deepest = Math.max(result.deepest, this.trail.length);
    if ((result.states & 63) === 0) this.expired = this.observer.expired();
    const view = this.judge.view(world);
    const violation = this.judge.judge(world, view);
    if (violation !== null) {
      result.violation = { steps: [...this.trail], violation };
      return;
    }
    const here = world.save();
    this.observer.onState(world, depth);
    if (depth >= this.limits.depth) result.exhaustive = false;
    else this.branch(rest, depth, here);
    if (world.crashes < this.limits.crashes) this.crashAll(here, view);
  }

  private branch(rest: readonly Op[], depth: number, here: WorldState): void {
    const steps: TraceStep[] = this.world.deviceSteps();
    if (rest.length > 0) steps.unshift(rest[0]);
    for (const step of steps) {
      if (this.stopped) return;
      this.world.restore(here);
      this.follow(step, step === rest[0] ? rest.slice(1) : rest, depth + 1);
    }
  }

  private follow(step: TraceStep, rest: readonly Op[], depth: number): void {
    this.trail.push(step);
    try {
      if (this.world.take(step)) this.visit(rest, depth);
    } catch (error) {
      this.result.violation = { steps: [...this.trail, ...probeStep(error)], violation: violationOf(error) };
    }
    this.trail.pop();
  }

  /**
   * What follows a crash depends on the journal's image and on the regions that may differ: each pair is followed once.
   */
  private crashAll(here: WorldState, view: JournalView): void {
    const runs = this.world.crashes + 1;
    this.world.restore(here);
    const differ = trulyDifferingRegions(this.world);
    for (const { crash, recovered } of view.outcomes) {
      for (const primary of recovered.dirtyMask === 0 ? LOST : LOST_OR_KEPT) {
        if (this.stopped) return;
        if (!this.seen.add(new Mix().addNumber(crash.image.hash).add(runs).add(differ).addText(primary).value))
          continue;
        this.world.restore(here);
        this.follow({ do: 'crash', primary, journal: crash.patterns }, this.limits.afterCrash, 0);
      }
    }
  }
}

const LOST = ['lost'] as const;
const LOST_OR_KEPT = ['lost', 'kept'] as const;

/** The step, if any, with which an observer found a violation. */
export function probeStep(error: unknown): TraceStep[] {
  return error instanceof ProbeFailure && error.step !== null ? [error.step] : [];
}

/** An error of the code under test is a violation too: a broken engine may throw. */
export function violationOf(error: unknown): Violation {
  if (error instanceof ProbeFailure) return error.violation;
  if (error instanceof ProtocolBreach) return { rule: error.rule, detail: error.message, journal: null };
  if (error instanceof Error && error.name === 'ExploreError') throw error;
  return { rule: 'crash', detail: `the engine threw: ${String(error)}`, journal: null };
}

function stateKey(world: World, rest: readonly Op[], depthLeft: number): number {
  const m = new Mix().addNumber(world.hash()).add(depthLeft);
  for (const op of rest) m.addNumber(opHash(op));
  return m.value;
}

const opHashes = new WeakMap<Op, number>();

function opHash(op: Op): number {
  let h = opHashes.get(op);
  if (h === undefined) opHashes.set(op, (h = new Mix().addText(JSON.stringify(op)).value));
  return h;
}
