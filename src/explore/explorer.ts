/**
 * One explorer: it searches its share of the enumerated scripts exhaustively and takes random walks in between, until
 * it reaches its bound, has no work left, or finds a violation.
 */
import { createPrng, deriveSeed } from '../base/prng.js';
import { CrashCounter } from './crashCounter.js';
import { damagesFor, judgeDamage } from './damage.js';
import type { Tearing } from './crashImages.js';
import { EffectCounters, type Scene, SCENES } from './stage.js';
import { CrashJudge, type Violation } from './invariants.js';
import { randomWalk } from './randomWalk.js';
import { ProbeFailure, Search, type SearchObserver } from './search.js';
import { AFTER_CRASH, type Op, smallScripts, type Trace } from './steps.js';
import { completeAllIo, runUntilIdle } from './replay.js';
import { StateSet } from './stateHash.js';
import { createStage, type Stage, World, type WorldParts } from './world.js';

export interface ExploreOptions {
  seed: number;
  /** Bound by time: what it finds depends on the speed of the host. */
  seconds: number | null;
  /**
   * Bound by states visited, all threads together: with the same seed and threads it gives the same result each time.
   * Without any bound: all scripts of up to `updatesMax` updates, and `walks` walks.
   */
  states: number | null;
  depth: number;
  crashes: number;
  updatesMax: number;
  walks: number;
  /** The walks' part of the bound, 0 … 1. */
  walkPart: number;
  tearing: Tearing;
  /** This explorer's share. */
  share: number;
  shares: number;
}

/** A history that breaks a rule. */
export interface Counterexample {
  trace: Trace;
  violation: Violation;
}

export interface ExploreTally {
  /** States of the protocol visited; a search counts equal states once. */
  states: number;
  crashStates: number;
  recoveries: number;
  searches: number;
  searchesExhaustive: number;
  /** Steps of the longest history in a search or a walk. */
  deepest: number;
  walks: number;
  walkSteps: number;
  finding: Counterexample | null;
  effects: EffectCounters;
  core: Record<string, number>;
  distinct: StateSet;
}

/** A search ends after this many states. */
const SEARCH_STATES_MAX = 20_000;
/** A search with crashes and recoveries in it ends after this many states. */
const NESTED_STATES_MAX = 4_000;
const WALK_STEPS = 120;
/** Searches begin once walks are ahead of their part by this much. */
const HEAD_START = { ms: 1000, states: 1500 } as const;
/** A stage is replaced when it remembers more blocks than this. */
const STORE_BLOCKS_MAX = 150_000;
/** One state in this many is also checked with a damaged journal, and run until idle. */
const PROBE_EVERY = 16;

interface Place {
  stage: Stage;
  judge: CrashJudge;
  seen: StateSet;
  seenNested: StateSet;
}

export class Explorer {
  private readonly options: ExploreOptions;
  private readonly parts: WorldParts;
  private readonly now: () => number;
  private readonly startedMs: number;
  private readonly stages = new Map<string, Place>();
  private readonly counter = new CrashCounter();
  private readonly tally: ExploreTally;
  private probes = 0;

  /** @param nowMs a monotonic clock */
  constructor(options: ExploreOptions, parts: WorldParts, nowMs: () => number) {
    this.options = options;
    this.parts = parts;
    this.now = nowMs;
    this.startedMs = nowMs();
    this.tally = {
      states: 0,
      crashStates: 0,
      recoveries: 0,
      searches: 0,
      searchesExhaustive: 0,
      deepest: 0,
      walks: 0,
      walkSteps: 0,
      finding: null,
      effects: new EffectCounters(),
      core: {},
      distinct: this.counter.distinct,
    };
  }

  run(): ExploreTally {
    const { options, tally } = this;
    const searches = this.searches();
    const bounded = options.seconds !== null || options.states !== null;
    const headStart = options.states === null ? HEAD_START.ms : HEAD_START.states;
    let search = searches.next();
    let walk = 0;
    let searched = 0;
    let walked = 0;
    while (!this.over()) {
      const before = this.spent();
      // With a bound, walks and searches each get their part of it; walks begin.
      const walkDue = walked * (1 - options.walkPart) <= (searched + headStart) * options.walkPart;
      if (search.done !== true && !(bounded && walkDue)) {
        this.search(search.value.scene, search.value.script);
        search = searches.next();
        searched += this.spent() - before;
        continue;
      }
      if (!bounded && walk >= options.walks) break;
      this.walk(walk * options.shares + options.share);
      walk++;
      walked += this.spent() - before;
    }
    for (const { stage } of this.stages.values()) this.collect(stage);
    tally.crashStates = this.counter.judged;
    return tally;
  }

  /** This explorer's share of scripts and scenes, short scripts first. */
  private *searches(): Generator<{ scene: Scene; script: Op[] }, { scene: Scene; script: Op[] }> {
    let index = 0;
    for (const script of smallScripts(this.options.updatesMax)) {
      for (const scene of SCENES) if (index++ % this.options.shares === this.options.share) yield { scene, script };
    }
    return { scene: SCENES[0], script: [] };
  }

  private over(): boolean {
    return this.tally.finding !== null || this.expired();
  }

  private expired(): boolean {
    const { seconds, states, shares } = this.options;
    if (states !== null && this.tally.states >= states / shares) return true;
    return seconds !== null && this.now() - this.startedMs >= seconds * 1000;
  }

  /** What the bound counts: states, or milliseconds. */
  private spent(): number {
    return this.options.states === null ? this.now() - this.startedMs : this.tally.states;
  }

  /**
   * The scene's stage. A stage that remembers too much is replaced, and the sets of visited states stay: they hold
   * hashes of contents, which mean the same in the new stage.
   */
  private stageOf(scene: Scene): Place {
    const known = this.stages.get(scene.name);
    if (known !== undefined && known.stage.store.count <= STORE_BLOCKS_MAX) return known;
    if (known !== undefined) this.collect(known.stage);
    const place = {
      stage: createStage(scene, this.parts, this.tally.effects),
      judge: new CrashJudge(this.options.tearing),
      seen: known?.seen ?? new StateSet(),
      seenNested: known?.seenNested ?? new StateSet(),
    };
    this.stages.set(scene.name, place);
    return place;
  }

  private collect(stage: Stage): void {
    this.tally.recoveries += stage.recoveries.runs;
    this.tally.effects.recoveries += stage.recoveries.runs;
    for (const c of stage.coreCounters) {
      for (const [name, n] of Object.entries(c)) this.tally.core[name] = (this.tally.core[name] ?? 0) + (n as number);
    }
    stage.coreCounters.length = 0;
  }

  private search(scene: Scene, script: Op[]): void {
    // First one run of the host to its end, then the runs after its crashes.
    this.searchTo(0, SEARCH_STATES_MAX, scene, script);
    if (this.options.crashes > 0 && !this.over()) this.searchTo(this.options.crashes, NESTED_STATES_MAX, scene, script);
  }

  private searchTo(crashes: number, states: number, scene: Scene, script: Op[]): void {
    const { stage, judge, seen, seenNested } = this.stageOf(scene);
    const world = new World(stage);
    completeAllIo(world);
    const limits = { depth: this.options.depth, crashes, states, afterCrash: AFTER_CRASH };
    const observer: SearchObserver = {
      onState: (w, depth) => this.onState(w, judge, depth),
      expired: () => this.expired(),
    };
    const r = new Search(world, judge, limits, crashes === 0 ? seen : seenNested, observer).run(script);
    this.tally.searches++;
    if (r.exhaustive) this.tally.searchesExhaustive++;
    this.tally.deepest = Math.max(this.tally.deepest, r.deepest);
    if (r.violation !== null)
      this.tally.finding = { trace: { scene, steps: r.violation.steps }, violation: r.violation.violation };
  }

  private walk(index: number): void {
    const prng = createPrng(deriveSeed(this.options.seed, index));
    const scene = SCENES[prng.nextBelow(SCENES.length)];
    const { stage, judge } = this.stageOf(scene);
    const world = new World(stage);
    completeAllIo(world);
    const r = randomWalk(world, judge, prng, WALK_STEPS, { onState: (w) => this.onState(w, judge, -1) });
    this.tally.walks++;
    this.tally.walkSteps += r.steps.length;
    this.tally.deepest = Math.max(this.tally.deepest, r.steps.length);
    if (r.violation === null) return;
    this.tally.finding = { trace: { scene, steps: r.steps, unpumped: r.unpumped }, violation: r.violation };
  }

  private onState(world: World, judge: CrashJudge, depth: number): void {
    this.tally.states++;
    this.counter.count(world, judge.view(world));
    if (this.probes++ % PROBE_EVERY !== 0) return;
    const round = Math.floor(this.probes / PROBE_EVERY);
    const { outcomes } = judge.view(world);
    for (const step of damagesFor(world, round, outcomes[round % outcomes.length].crash.patterns)) {
      const damage = judgeDamage(world, step);
      if (damage !== null) throw new ProbeFailure(damage, step);
    }
    // A search restores the world afterwards. A walk continues from here and runs until idle at its own end.
    if (depth < 0) return;
    const violation = runUntilIdle(world, judge);
    if (violation !== null) throw new ProbeFailure(violation, null);
  }
}
