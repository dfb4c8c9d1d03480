/** The rule table: how often each rule was taken, from what the cores and the devices have counted. None may stay zero. */
import type { EffectCounters } from './effectCounters.js';

export const RULES = ['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9', 'R10', 'R11', 'R12', 'R13'] as const;
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

export function ruleTable(core: CoreCounts, effects: EffectCounters): Record<RuleName, number> {
  return Object.fromEntries(RULES.map((r) => [r, COUNTED[r](core, effects) || 0])) as Record<RuleName, number>;
}
