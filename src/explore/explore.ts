/** Runs an exploration in several threads, each with its share of scripts and walks, and reports what it found. */
import { Worker } from 'node:worker_threads';
import { type Counterexample, type ExploreOptions, Explorer, type ExploreTally } from './explorer.js';
import { mutantNamed } from './mutants/index.js';
import { shrink } from './shrink.js';
import { REAL_PARTS, type WorldParts } from './world.js';
import { EffectCounters } from './stage.js';
import { StateSet } from './stateHash.js';

export type ExploreRequest = Omit<ExploreOptions, 'share' | 'shares'> & { threads: number; mutant: string | null };

/** Runs the exploration and shrinks the trace of a violation. @throws ExploreError UNKNOWN_MUTANT */
export async function explore(request: ExploreRequest): Promise<ExploreReport> {
  const { threads, mutant, ...options } = request;
  const parts = mutant === null ? REAL_PARTS : mutantNamed(mutant).parts;
  const startedMs = performance.now();
  const shares = Array.from({ length: threads }, (_, share) => ({ ...options, share, shares: threads }));
  const tallies = threads === 1 ? [here(shares[0], parts)] : await Promise.all(shares.map((o) => inThread(o, mutant)));
  const report = combineTallies(tallies, (performance.now() - startedMs) / 1000, options.seed, options.depth);
  if (report.finding === null) return report;
  const { trace, violation } = report.finding;
  const shrunk = shrink(trace, parts, options.tearing);
  return { ...report, finding: { trace: shrunk.trace, violation: shrunk.replay.violation ?? violation } };
}

function here(options: ExploreOptions, parts: WorldParts): TallyMessage {
  const { distinct, ...tally } = new Explorer(options, parts, () => performance.now()).run();
  return { ...tally, distinct: distinct.raw };
}

function inThread(options: ExploreOptions, mutant: string | null): Promise<TallyMessage> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { options, mutant } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** A tally as another thread sends it. */
type TallyMessage = Omit<ExploreTally, 'distinct'> & { distinct: Float64Array };

export interface ExploreReport {
  /** States of the protocol visited. */
  states: number;
  /** Crash states judged: all contents of P, S and the journal that a crash may leave in those states. */
  crashStates: number;
  /** Different crash states, counted one by one (at most 64 contents of P and S per state and journal image). */
  distinctStates: number;
  distinctStatesPerSecond: number;
  recoveries: number;
  seconds: number;
  seed: number;
  /** Searches of short scripts, and how many of them were complete. */
  searches: number;
  searchesExhaustive: number;
  depth: number;
  deepest: number;
  walks: number;
  walkSteps: number;
  violations: number;
  finding: Counterexample | null;
  rules: Record<RuleName, number>;
  core: Record<string, number>;
  effects: Record<string, number>;
}

export function combineTallies(
  tallies: readonly TallyMessage[],
  seconds: number,
  seed: number,
  depth: number,
): ExploreReport {
  const distinct = new StateSet(20);
  const core: Record<string, number> = {};
  const effects = new EffectCounters();
  for (const t of tallies) {
    for (const h of t.distinct) if (h !== -1) distinct.add(h);
    for (const [name, n] of Object.entries(t.core)) core[name] = (core[name] ?? 0) + n;
    for (const [name, n] of Object.entries(t.effects))
      (effects as unknown as Record<string, number>)[name] += n as number;
  }
  const sum = (of: (t: TallyMessage) => number): number => tallies.reduce((n, t) => n + of(t), 0);
  const finding = tallies.map((t) => t.finding).find((f) => f !== null) ?? null;
  return {
    states: sum((t) => t.states),
    crashStates: sum((t) => t.crashStates),
    distinctStates: distinct.size,
    distinctStatesPerSecond: Math.round(distinct.size / Math.max(seconds, 0.001)),
    recoveries: sum((t) => t.recoveries),
    seconds,
    seed,
    searches: sum((t) => t.searches),
    searchesExhaustive: sum((t) => t.searchesExhaustive),
    depth,
    deepest: Math.max(0, ...tallies.map((t) => t.deepest)),
    walks: sum((t) => t.walks),
    walkSteps: sum((t) => t.walkSteps),
    violations: tallies.filter((t) => t.finding !== null).length,
    finding,
    rules: ruleTable(core, effects),
    core,
    effects: { ...(effects as unknown as Record<string, number>) },
  };
}

const RULES = ['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9', 'R10', 'R11', 'R12', 'R13'] as const;
export type RuleName = (typeof RULES)[number];

type CoreCounts = Record<string, number>;

const COUNTED: Record<RuleName, (core: CoreCounts, fx: EffectCounters) => number> = {
  R1: (c) => c.obtained,
  R2: (c, fx) => c.waitedForLog + c.freeRides + fx.refused + fx.refusedAtOnce,
  R3: (_c, fx) => fx.outOfOrderCommits,
  R4: (c, fx) => c.acknowledged + c.epochsEnded + fx.flushPrimary + fx.flushSecondary,
  R5: (c) => c.releases,
  R6: (c) => c.completions,
  R7: (_c, fx) => fx.tailMoves,
  R8: (c) => c.indicatorResets,
  R9: (c) => c.givenUp + c.waitedForMark + c.pressureMarks,
  R10: (c) => c.copies + c.clears + c.clearsDeferred + c.copiesCanceled,
  R11: (_c, fx) => fx.crashes,
  R12: (_c, fx) => fx.damagedJournals,
  R13: (c) => c.waitedForOverlap,
};

/** How often each rule of the protocol was applied, from the counters of cores and devices. None may stay zero. */
function ruleTable(core: CoreCounts, effects: EffectCounters): Record<RuleName, number> {
  return Object.fromEntries(RULES.map((r) => [r, COUNTED[r](core, effects) || 0])) as Record<RuleName, number>;
}
