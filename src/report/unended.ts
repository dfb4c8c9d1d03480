/**
 * The record of a run that did not come to its end (kill -9, power lost, run directory full), from the cycles that were
 * recorded (pure). Part of a campaign is never a pass of it.
 */
import { campaignVerdict } from '../judge/verdict/verdict.js';
import type { CycleRecord, Run, RunRecord } from './runRecord.js';

/** `missing`: what else is not there, for people. */
export function unendedRun(run: RunRecord, cycles: CycleRecord[], missing: readonly string[]): Run {
  const { verdict, counts, failureRateUpperBound } = campaignVerdict(cycles.map((cycle) => cycle.verdict));
  const ended =
    `the record is not complete: ${cycles.length} of ${run.cyclesPlanned} planned cycles are in it; ` +
    'the run still goes on, or was ended before it could write the rest (killed, power lost, disk full)';
  return {
    run: {
      ...run,
      state: 'running',
      verdict: verdict === 'PASS' ? 'INVALID' : verdict,
      counts,
      failureRateUpperBound,
      troubles: [ended, ...missing, ...run.troubles],
    },
    cycles,
  };
}

/** It has not come to its end, or its last record is not whole. */
export function isUnended(run: Pick<RunRecord, 'state'>): boolean {
  return run.state === 'running';
}
