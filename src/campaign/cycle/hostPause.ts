/**
 * Pauses of the bench process (SIGSTOP, a snapshot of its machine, starvation): merges the reports of both threads into
 * one, and decides what a cycle with a pause is worth (pure). Deadlines do not count a pause. But a cut may have missed
 * its point, a missing answer may prove nothing, a limit in seconds may be broken: such a cycle is repeated. What was
 * read from the disks counts all the same.
 */
import type { HostPause } from '../../base/attendedTime.js';
import type { CycleLimits, Reason, ReasonCode } from '../../judge/verdict/verdict.js';
import type { CycleRecord } from '../../report/runRecord.js';
import { NS_PER_MS } from '../../base/clock.js';
import type { CycleState } from './cycleTypes.js';

/** After so many repeats a cycle gets its verdict even if the bench paused in it. */
export const REPEATS_MAX = 3;

/** Reasons that a pause of the bench may have caused. */
const TIME_REASONS: readonly ReasonCode[] = [
  'CUT_UNPROVEN',
  'POINT_NOT_REACHED',
  'NOTHING_WRITTEN',
  'RIG_FAILED',
  'STEP_MISSING',
  'RESYNC_INCOMPLETE',
];

/** Problems that a pause may have caused. A failed board is none of them: its rails are latched and never cut again. */
const TIME_PROBLEMS: readonly string[] = ['DEADLINE_MISSED', 'DEVICE_NOT_BACK', 'LOAD_ENDED'];

/** What is late although the bench ran for so long since its last pause is not excused by that pause. */
const RECOVERY_MS = 2000;

/** Whether to repeat the cycle: it did not pass, and a pause of the bench may explain every reason. */
export function isDueToHostPause(
  { facts, outcome, sinceMs }: CycleState,
  record: CycleRecord | null,
  limits: CycleLimits,
): boolean {
  if (facts.hostPauses.length === 0 || record === null || record.verdict === 'PASS' || outcome?.kind === 'interrupted')
    return false;
  if (outcome?.kind === 'problem' && !TIME_PROBLEMS.includes(outcome.problem.code)) return false;
  const hangsMs = facts.unprovoked
    .filter(({ timedOut }) => timedOut === true)
    .map(({ atNs }) => atNs / NS_PER_MS - sinceMs);
  const lateMs = facts.missedAtMs === null ? hangsMs : [...hangsMs, facts.missedAtMs];
  if (!lateMs.every((ms) => isSoonAfter(ms, facts.hostPauses))) return false;
  return record.reasons.every(
    (reason) =>
      isTimeReason(reason as Reason) ||
      isExcusedByRecord(reason.code as ReasonCode, record, limits, totalMs(facts.hostPauses)),
  );
}

/** Reasons that a pause excuses only as far as the record shows. */
function isExcusedByRecord(
  code: ReasonCode,
  record: CycleRecord,
  { recoveryMs, resyncMs }: CycleLimits,
  pausedMs: number,
): boolean {
  switch (code) {
    case 'COPIES_DIFFER':
      return isLeftDirty(record);
    case 'RECOVERY_SLOW':
      return isWithin(record.recovery?.durationMs, recoveryMs, pausedMs);
    case 'RESYNC_SLOW':
      return isWithin(record.resync?.durationMs, resyncMs, pausedMs);
    case 'CUT_UNPROVEN':
    case 'DEVICE_FAULT':
    case 'EXCESS_DIRTY':
    case 'LOST_ACKNOWLEDGED':
    case 'LOST_INDICATOR':
    case 'METADATA_ROT':
    case 'NOT_ALL_JUDGED':
    case 'NOTHING_WRITTEN':
    case 'POINT_NOT_REACHED':
    case 'RESYNC_INCOMPLETE':
    case 'RIG_FAILED':
    case 'STEP_MISSING':
    case 'STOOD_STILL':
      return false;
  }
}

/** Less the pauses it took no longer than its limit. */
function isWithin(durationMs: number | undefined, limitMs: number | null, pausedMs: number): boolean {
  return durationMs !== undefined && limitMs !== null && durationMs - pausedMs <= limitMs;
}

/** The resync ended early, and no more regions differ than it left dirty: it copied nothing wrong. */
export function isLeftDirty({ resync, verify }: Pick<CycleRecord, 'resync' | 'verify'>): boolean {
  return (
    resync !== null &&
    verify !== null &&
    !verify.equal &&
    !resync.complete &&
    verify.differingRegions <= resync.remainingRegions
  );
}

function isSoonAfter(lateMs: number, pauses: readonly HostPause[]): boolean {
  return pauses.some(({ atMs, ms }) => atMs <= lateMs && lateMs < atMs + ms + RECOVERY_MS);
}

/** A cycle that could not be repeated is INVALID, never a FAIL, where only time speaks against it. */
export function notJudgedByTime(
  state: CycleState,
  record: CycleRecord | null,
  limits: CycleLimits,
): CycleRecord | null {
  if (record === null || record.verdict !== 'FAIL' || !isDueToHostPause(state, record, limits)) return record;
  const text = `the bench process paused for ${describePauses(state.facts.hostPauses)} in this cycle, so no limit of time is judged; run it on a host that is less busy`;
  return { ...record, verdict: 'INVALID', reasons: [{ code: 'STOOD_STILL', rule: 'bench', text }, ...record.reasons] };
}

function isTimeReason({ code, rule }: Reason): boolean {
  return TIME_REASONS.includes(code) || (code === 'DEVICE_FAULT' && rule === 'slow');
}

/** Sum of the pauses, as `5.2 s`. */
export function describePauses(pauses: readonly Pick<HostPause, 'ms'>[]): string {
  return `${(totalMs(pauses) / 1000).toFixed(1)} s`;
}

function totalMs(pauses: readonly Pick<HostPause, 'ms'>[]): number {
  return pauses.reduce((sum, { ms }) => sum + ms, 0);
}

/** Both threads report a pause of the process: it is passed on once. */
export function withoutDuplicates(notify: (pause: HostPause) => void): (pause: HostPause) => void {
  let last: HostPause | null = null;
  return (pause) => {
    const isKnown = last !== null && sharedMs(last, pause) >= Math.min(last.ms, pause.ms) / 2;
    if (isKnown) return;
    last = pause;
    notify(pause);
  };
}

function sharedMs(a: HostPause, b: HostPause): number {
  return Math.min(a.atMs + a.ms, b.atMs + b.ms) - Math.max(a.atMs, b.atMs);
}
