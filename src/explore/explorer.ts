/**
 * One explorer: takes its share of the enumerated scripts (searched exhaustively) and walks at random in between, until
 * its time or its work is over, or something is wrong.
 */
import { createPrng, deriveSeed } from '../base/prng.js';
import { CrashCounter } from './crashCounter.js';
import { damagesFor, judgeDamage } from './damage.js';
import type { Tearing } from './crashImages.js';
import { EffectCounters } from './effectCounters.js';
import { SCENES } from './geometry.js';
import type { Scene } from './geometry.js';
import { Judge } from './invariants.js';
import type { Violation } from './invariants.js';
import { randomWalk } from './randomWalk.js';
import { ProbeFailure, Search } from './search.js';
import type { SearchObserver } from './search.js';
import { AFTER_CRASH, smallScripts } from './scripts.js';
import { open, settle } from './settle.js';
import { StateSet } from './stateSet.js';
import type { Op, Trace } from './steps.js';
import { createStage, World } from './world.js';
import type { Stage, WorldParts } from './world.js';

export interface ExploreOptions {
  seed: number;
  /** null: all scripts of up to `updatesMax` updates, and `walks` walks. */
  seconds: number | null;
  depth: number;
  crashes: number;
  updatesMax: number;
  walks: number;
  /** Part of the time for walks, 0 … 1. */
  walkPart: number;
  tearing: Tearing;
  /** This explorer's share. */
  share: number;
  shares: number;
}

export interface Finding {
  trace: Trace;
  violation: Violation;
}

export interface ExploreTally {
  /** States of the protocol that were visited, equal ones merged within a search. */
  states: number;
  crashStates: number;
  recoveries: number;
  searches: number;
  searchesExhaustive: number;
  /** Steps of the longest history that was met, in a search or a walk. */
  deepest: number;
  walks: number;
  walkSteps: number;
  finding: Finding | null;
  effects: EffectCounters;
  core: Record<string, number>;
  distinct: StateSet;
}

/** One search is given up behind so many states. */
const SEARCH_STATES_MAX = 20_000;
/** And with crashes and recoveries in it. */
const NESTED_STATES_MAX = 4_000;
const WALK_STEPS = 120;
/** Searches come in once walks have had this much more than their part. */
const HEAD_START_MS = 1000;
/** Blocks remembered by a stage before it is replaced. */
const STORE_BLOCKS_MAX = 150_000;
/** One state in so many is also tried with a damaged journal, and let come to rest. */
const PROBE_EVERY = 16;

interface Place {
  stage: Stage;
  judge: Judge;
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
    let search = searches.next();
    let walk = 0;
    let searchedMs = 0;
    let walkedMs = 0;
    while (!this.over()) {
      const startedMs = this.now();
      // When time is what limits, each has its part of it; walks begin.
      const walkDue = walkedMs * (1 - options.walkPart) <= (searchedMs + HEAD_START_MS) * options.walkPart;
      const walkNext = search.done === true || (options.seconds !== null && walkDue);
      if (!walkNext) {
        this.search(search.value.scene, search.value.script);
        search = searches.next();
        searchedMs += this.now() - startedMs;
        continue;
      }
      if (options.seconds === null && walk >= options.walks) break;
      this.walk(walk * options.shares + options.share);
      walk++;
      walkedMs += this.now() - startedMs;
    }
    for (const { stage } of this.stages.values()) this.collect(stage);
    tally.crashStates = this.counter.judged;
    return tally;
  }

  /** This explorer's share of scripts and scenes, small ones first. */
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
    return this.options.seconds !== null && this.now() - this.startedMs >= this.options.seconds * 1000;
  }

  /** The scene's stage; replaced when it remembers too much. What was seen stays seen: hashes are of contents. */
  private stageOf(scene: Scene): Place {
    const known = this.stages.get(scene.name);
    if (known !== undefined && known.stage.store.count <= STORE_BLOCKS_MAX) return known;
    if (known !== undefined) this.collect(known.stage);
    const place = {
      stage: createStage(scene, this.parts, this.tally.effects),
      judge: new Judge(this.options.tearing),
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
    // First one life of the host to its end, then the lives behind its crashes.
    this.searchTo(0, SEARCH_STATES_MAX, scene, script);
    if (this.options.crashes > 0 && !this.over()) this.searchTo(this.options.crashes, NESTED_STATES_MAX, scene, script);
  }

  private searchTo(crashes: number, states: number, scene: Scene, script: Op[]): void {
    const { stage, judge, seen, seenNested } = this.stageOf(scene);
    const world = new World(stage);
    open(world);
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
    open(world);
    const r = randomWalk(world, judge, prng, WALK_STEPS, { onState: (w) => this.onState(w, judge, -1) });
    this.tally.walks++;
    this.tally.walkSteps += r.steps.length;
    this.tally.deepest = Math.max(this.tally.deepest, r.steps.length);
    if (r.violation === null) return;
    this.tally.finding = { trace: { scene, steps: r.steps, unpumped: r.unpumped }, violation: r.violation };
  }

  private onState(world: World, judge: Judge, depth: number): void {
    this.tally.states++;
    this.counter.count(world, judge.view(world));
    if (this.probes++ % PROBE_EVERY !== 0) return;
    const round = Math.floor(this.probes / PROBE_EVERY);
    const { outcomes } = judge.view(world);
    for (const step of damagesFor(world, round, outcomes[round % outcomes.length].crash.patterns)) {
      const damage = judgeDamage(world, step);
      if (damage !== null) throw new ProbeFailure(damage, step);
    }
    // In a search the world is put back afterwards; a walk goes on and comes to rest at its own end.
    if (depth < 0) return;
    const rest = settle(world, judge);
    if (rest !== null) throw new ProbeFailure(rest, null);
  }
}
