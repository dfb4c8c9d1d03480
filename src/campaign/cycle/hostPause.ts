/**
 * The bench stood still (SIGSTOP, a VM snapshot, a long garbage collection): one stream of it from both threads, and what
 * a cycle is worth in which it did (pure). Deadlines do not count that time; but a cut may have missed its point, a
 * silence may have proved nothing, a limit in seconds may be broken. Such a cycle is repeated. What was read from the
 * disks counts all the same.
 */
import type { HostPause } from '../../base/attendedTime.js';
import type { CycleLimits, Reason, ReasonCode } from '../../judge/verdict/verdict.js';
import type { CycleRecord } from '../../report/runRecord.js';
import { NS_PER_MS } from '../../base/clock.js';
import type { CycleState } from './cycleTypes.js';

/** A bench that stands still in every attempt gets its verdict in the end. */
export const REPEATS_MAX = 3;

/** Reasons that a bench which stood still may have made itself. */
const TIME_REASONS: readonly ReasonCode[] = [
  'CUT_UNPROVEN',
  'POINT_NOT_REACHED',
  'NOTHING_WRITTEN',
  'RIG_FAILED',
  'STEP_MISSING',
  'RESYNC_INCOMPLETE',
];

/** What may end a cycle for want of time. A board that fails has closed the latch: no more cuts, repeated or not. */
const TIME_PROBLEMS: readonly string[] = ['DEADLINE_MISSED', 'DEVICE_NOT_BACK', 'LOAD_ENDED'];

/** Who is late although the bench has looked for so long after its last standstill is late by himself. */
const RECOVERY_MS = 2000;

/** Whether the cycle is to be repeated: it did not pass, and nothing but time speaks against the disks. */
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

/** Reasons that a standstill excuses only as far as the record shows. */
function isExcusedByRecord(
  code: ReasonCode,
  record: CycleRecord,
  { recoveryMs, resyncMs }: CycleLimits,
  stillMs: number,
): boolean {
  switch (code) {
    case 'COPIES_DIFFER':
      return isLeftDirty(record);
    case 'RECOVERY_SLOW':
      return isWithin(record.recovery?.durationMs, recoveryMs, stillMs);
    case 'RESYNC_SLOW':
      return isWithin(record.resync?.durationMs, resyncMs, stillMs);
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

/** Without the standstills it took no longer than it may. */
function isWithin(durationMs: number | undefined, limitMs: number | null, stillMs: number): boolean {
  return durationMs !== undefined && limitMs !== null && durationMs - stillMs <= limitMs;
}

/** The resync ended early, and no more differs than what it has left dirty: nothing is said of what it copied. */
export function isLeftDirty({ resync, verify }: Pick<CycleRecord, 'resync' | 'verify'>): boolean {
  return (
    resync !== null &&
    verify !== null &&
    !verify.equal &&
    !resync.complete &&
    verify.differingRegions <= resync.remainingRegions
  );
}

function isSoonAfter(lateMs: number, standstills: readonly HostPause[]): boolean {
  return standstills.some(({ atMs, ms }) => atMs <= lateMs && lateMs < atMs + ms + RECOVERY_MS);
}

/** A cycle that could not be repeated often enough, or at all, is INVALID for what only time speaks for, and never a FAIL. */
export function notJudgedByTime(
  state: CycleState,
  record: CycleRecord | null,
  limits: CycleLimits,
): CycleRecord | null {
  if (record === null || record.verdict !== 'FAIL' || !isDueToHostPause(state, record, limits)) return record;
  const text = `the bench stood still for ${describePauses(state.facts.hostPauses)} in this cycle: it judges nothing by time`;
  return { ...record, verdict: 'INVALID', reasons: [{ code: 'STOOD_STILL', rule: 'bench', text }, ...record.reasons] };
}

function isTimeReason({ code, rule }: Reason): boolean {
  return TIME_REASONS.includes(code) || (code === 'DEVICE_FAULT' && rule === 'slow');
}

/** `5.2 s` of all of them. */
export function describePauses(standstills: readonly Pick<HostPause, 'ms'>[]): string {
  return `${(totalMs(standstills) / 1000).toFixed(1)} s`;
}

function totalMs(standstills: readonly Pick<HostPause, 'ms'>[]): number {
  return standstills.reduce((sum, { ms }) => sum + ms, 0);
}

/** Both threads tell of a process that was stopped: told on once. */
export function withoutDuplicates(tell: (standstill: HostPause) => void): (standstill: HostPause) => void {
  let last: HostPause | null = null;
  return (standstill) => {
    const isKnown = last !== null && sharedMs(last, standstill) >= Math.min(last.ms, standstill.ms) / 2;
    if (isKnown) return;
    last = standstill;
    tell(standstill);
  };
}

function sharedMs(a: HostPause, b: HostPause): number {
  return Math.min(a.atMs + a.ms, b.atMs + b.ms) - Math.max(a.atMs, b.atMs);
}
