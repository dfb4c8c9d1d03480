/**
 * Compares a replay with the recorded run (pure): verdicts and codes of their reasons. Times and counts of dirty
 * regions are not compared: the cut hits the disks at another microsecond in each run, even with the same seed.
 */
import type { Verdict } from '../judge/verdict/verdict.js';
import type { CycleRecord } from './runRecord.js';

export interface VerdictAndReasons {
  verdict: Verdict;
  /** Code and rule, e.g. `LOST_INDICATOR (I1)`; sorted, each once. */
  reasons: string[];
}

export interface CycleDifference {
  cycle: number;
  /** null: the run has no such cycle. */
  recorded: VerdictAndReasons | null;
  replayed: VerdictAndReasons | null;
}

export interface ReplayComparison {
  /** Cycles that both runs have. */
  compared: number;
  differences: CycleDifference[];
}

/** Compares the first `cycles` cycles only: the replay was asked for no more. */
export function compareReplay(
  recorded: readonly CycleRecord[],
  replayed: readonly CycleRecord[],
  cycles: number,
): ReplayComparison {
  const differences: CycleDifference[] = [];
  let compared = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const [before, now] = [recorded, replayed].map((list) => summary(list.find((c) => c.index === cycle)));
    if (before !== null && now !== null) compared++;
    if (JSON.stringify(before) !== JSON.stringify(now)) differences.push({ cycle, recorded: before, replayed: now });
  }
  return { compared, differences };
}

function summary(record: CycleRecord | undefined): VerdictAndReasons | null {
  if (record === undefined) return null;
  const reasons = [...new Set(record.reasons.map((r) => `${r.code} (${r.rule})`))].sort();
  return { verdict: record.verdict, reasons };
}

/** One line for each difference, or one line that says that there is none. */
export function formatReplay({ compared, differences }: ReplayComparison): string {
  if (differences.length === 0)
    return `replay: the same verdict as recorded in ${compared === 1 ? 'its one cycle' : `all ${compared} cycles`}`;
  return differences
    .map((d) => `replay: cycle ${d.cycle}: recorded ${verdictText(d.recorded)}, now ${verdictText(d.replayed)}`)
    .join('\n');
}

function verdictText(v: VerdictAndReasons | null): string {
  if (v === null) return 'no such cycle';
  return v.reasons.length === 0 ? v.verdict : `${v.verdict}: ${v.reasons.join(', ')}`;
}
