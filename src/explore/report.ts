/** What an exploration says at its end, put together from all explorers that took part. */
import type { RuleName } from './coverage.js';
import { ruleTable } from './coverage.js';
import { EffectCounters } from './effectCounters.js';
import type { ExploreTally, Finding } from './explorer.js';
import { StateSet } from './stateSet.js';

/** A tally as it comes from another thread. */
export type TallyMessage = Omit<ExploreTally, 'distinct'> & { distinct: Float64Array };

export interface ExploreReport {
  /** States of the protocol visited. */
  states: number;
  /** Crash states judged: all contents of P, S and the journal that a crash could leave in those states. */
  crashStates: number;
  /** Different crash states among them, counted one by one (of one state at most 64 contents of P and S per journal). */
  distinctStates: number;
  distinctStatesPerSecond: number;
  recoveries: number;
  seconds: number;
  seed: number;
  /** Scripts of small scope that were searched, and how many of those searches saw everything. */
  searches: number;
  searchesExhaustive: number;
  depth: number;
  deepest: number;
  walks: number;
  walkSteps: number;
  violations: number;
  finding: Finding | null;
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
