/**
 * The verdict of one cycle, and of a campaign. Each broken rule is a reason with a stable code.
 *
 *  - FAIL: an invariant, a promise of a device or a limit of the profile is broken. A fault counts whether or not the
 *    cut is proven: FAIL takes precedence over INVALID.
 *  - INVALID: no fault was found, but the cycle proves nothing: no device shows that its power was cut, the cut missed
 *    its cut point, nothing had been written, not every byte was judged that had to be, hardware of the rig failed, or
 *    a step has no result. It never counts as a pass.
 *  - PASS: the cut is proven, every byte was judged that the profile asks for, no fault was found.
 */
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import { STORAGE_AREAS } from '../../base/areas.js';
import { blocksText } from '../../base/finding.js';
import { faultsSince, uncovered } from './coverage.js';
import type { JudgeReport, PassCoverage, RecoveryReport, ResyncReport, VerifyReport } from './reports.js';

export type Verdict = 'PASS' | 'FAIL' | 'INVALID';

/**
 * What shows that the power was cut, weakest first. `echo`: the board confirmed the command. `read-back`: the board
 * reported the relay's state. `device`: I/O errors, a vanished device node, or reads without an answer.
 */
export type ProofKind = 'none' | 'echo' | 'read-back' | 'device';

export interface CycleLimits {
  recoveryMs: number | null;
  resyncMs: number | null;
  falseDirtyRegions: number | null;
}

/** A fault of a device under test that none of the reports contains. */
export interface DeviceFault {
  /** Class of the fault catalogue: `dead-device`, `late-return`, `wrong-device`, `slow`, … */
  class: string;
  text: string;
}

/** All that was observed in a cycle and counts for its verdict. */
export interface CycleObservations {
  proofOfCut: ProofKind;
  /** Why the cut is not proven: rails and areas, and what was seen of them. Absent or null: not recorded. */
  unproven?: string | null;
  /** null: the step was not reached or did not end. */
  recovery: RecoveryReport | null;
  /** Recoveries after earlier cuts of the same cycle: their findings count too. */
  earlierRecoveries?: readonly RecoveryReport[];
  judge: JudgeReport | null;
  resync: ResyncReport | null;
  verify: VerifyReport | null;
  limits: CycleLimits;
  deviceFaults: readonly DeviceFault[];
  /** Updates that the application issued before the cuts; null or absent: not known. */
  updatesIssued?: number | null;
  /** Why the cut missed its cut point; absent or null: it had none, or hit it. */
  missedPoint?: string | null;
  /** A failure of the rig's own hardware (a board, the journal's host, …) or of the bench; null: none. */
  rigFailure: string | null;
}

export type ReasonCode =
  | 'LOST_INDICATOR'
  | 'LOST_ACKNOWLEDGED'
  | 'DEVICE_FAULT'
  | 'METADATA_ROT'
  | 'COPIES_DIFFER'
  | 'RECOVERY_SLOW'
  | 'RESYNC_SLOW'
  | 'EXCESS_DIRTY'
  | 'CUT_UNPROVEN'
  | 'POINT_NOT_REACHED'
  | 'NOTHING_WRITTEN'
  | 'NOT_ALL_JUDGED'
  | 'RIG_FAILED'
  | 'STEP_MISSING'
  | 'RESYNC_INCOMPLETE'
  | 'STOOD_STILL';

export interface Reason {
  code: ReasonCode;
  /** What is broken: an invariant (I1), a rule (R12), a class of the fault catalogue, or a field of the profile. */
  rule: string;
  text: string;
}

export interface CycleVerdict {
  verdict: Verdict;
  reasons: Reason[];
}

function judgeReasons(judge: JudgeReport): Reason[] {
  const reasons: Reason[] = [];
  if (judge.lostIndicators > 0) {
    const where = judge.lostIndicatorRegions.slice(0, 5).join(', ');
    const text = `${judge.lostIndicators} regions differ and are not marked dirty (first: ${where})`;
    reasons.push({ code: 'LOST_INDICATOR', rule: 'I1', text });
  }
  if (judge.lostAcknowledgedSectors > 0) {
    const text = `${judge.lostAcknowledgedSectors} sectors acknowledged to the application are not on the primary`;
    reasons.push({ code: 'LOST_ACKNOWLEDGED', rule: 'I2', text });
  }
  for (const area of STORAGE_AREAS) {
    for (const [name, sectors] of Object.entries(judge.areas[area].faults)) {
      if (sectors > 0) reasons.push({ code: 'DEVICE_FAULT', rule: name, text: `${area}: ${sectors} sectors ${name}` });
    }
  }
  return reasons;
}

function verifyReasons(verify: VerifyReport): Reason[] {
  const reasons: Reason[] = [];
  if (!verify.equal) {
    const text = `${verify.differingRegions} regions differ after resynchronization, first at byte ${verify.firstDifferenceBytes}`;
    reasons.push({ code: 'COPIES_DIFFER', rule: 'I3', text });
  }
  for (const area of STORAGE_AREAS) {
    for (const [name, sectors] of Object.entries(verify.faults?.[area] ?? {})) {
      if (sectors > 0)
        reasons.push({
          code: 'DEVICE_FAULT',
          rule: name,
          text: `${area}: ${sectors} sectors ${name} since they were judged`,
        });
    }
  }
  return reasons;
}

/**
 * Only damage to durable metadata fails a cycle. A cut may tear a page or a block: it costs false-dirty regions only.
 */
function recoveryReasons(recovery: RecoveryReport): Reason[] {
  const corrupt = recovery.findings.filter((f) => f.class === 'indicator-rot');
  const listed = corrupt.map((f) => `journal ${f.where}, ${blocksText(f)}: ${f.problem} (${f.effect})`);
  const unlisted = (recovery.unlisted ?? []).filter((f) => f.class === 'indicator-rot');
  const texts = [...listed, ...unlisted.map((f) => `journal ${f.where}: ${f.count} more findings that are not listed`)];
  return texts.map((text) => ({ code: 'METADATA_ROT', rule: 'indicator-rot', text }));
}

/** A pass may find what happened in a cycle whose passes did not read it. */
function dated(reasons: Reason[], coverage: PassCoverage | undefined): Reason[] {
  const since = faultsSince(coverage);
  return since === null ? reasons : reasons.map((reason) => ({ ...reason, text: `${reason.text} (${since})` }));
}

function overLimit(
  code: ReasonCode,
  field: string,
  value: number | undefined,
  limit: number | null,
  unit: string,
): Reason[] {
  if (value === undefined || limit === null || value <= limit) return [];
  return [{ code, rule: `campaign.limits.${field}`, text: `${value}${unit} exceeds the limit of ${limit}${unit}` }];
}

function failures(e: CycleObservations): Reason[] {
  const reasons = e.deviceFaults.map((f): Reason => ({ code: 'DEVICE_FAULT', rule: f.class, text: f.text }));
  for (const recovery of [...(e.earlierRecoveries ?? []), e.recovery]) {
    if (recovery !== null) reasons.push(...recoveryReasons(recovery));
  }
  if (e.judge !== null) reasons.push(...dated(judgeReasons(e.judge), e.judge.coverage));
  if (e.verify !== null) reasons.push(...dated(verifyReasons(e.verify), e.verify.coverage));
  const { limits } = e;
  reasons.push(...overLimit('RECOVERY_SLOW', 'recovery', e.recovery?.durationMs, limits.recoveryMs, ' ms'));
  reasons.push(...overLimit('RESYNC_SLOW', 'resync', e.resync?.durationMs, limits.resyncMs, ' ms'));
  const excess = e.judge?.falseDirtyRegions;
  reasons.push(...overLimit('EXCESS_DIRTY', 'falseDirtyRegions', excess, limits.falseDirtyRegions, ' regions'));
  return reasons;
}

/**
 * Null if all steps covered the bytes that they had to, and the same D; else the difference. A check of the bench, not
 * of the disks.
 */
function notAllJudged({ recovery, judge, verify }: CycleObservations): string | null {
  if (judge === null) return null;
  const bytes = uncovered(judge, verify);
  if (bytes !== null) return bytes;
  if (recovery !== null && judge.dirtyRegions !== recovery.dirtyRegions) {
    return `recovery found ${recovery.dirtyRegions} dirty regions, the judge was given ${judge.dirtyRegions}`;
  }
  return null;
}

/** Why the cycle proves nothing. */
function invalidReasons(e: CycleObservations): Reason[] {
  const reasons: Reason[] = [];
  if (e.proofOfCut !== 'device') {
    const text =
      typeof e.unproven === 'string'
        ? `no device proves the cut: ${e.unproven}`
        : `no device proves that the power was cut (best proof: ${e.proofOfCut})`;
    reasons.push({ code: 'CUT_UNPROVEN', rule: 'relay-lie', text });
  }
  if (typeof e.missedPoint === 'string')
    reasons.push({ code: 'POINT_NOT_REACHED', rule: 'campaign.cuts.at', text: e.missedPoint });
  if (e.updatesIssued === 0) {
    reasons.push({
      code: 'NOTHING_WRITTEN',
      rule: 'workload',
      text: 'the application had written nothing before the cut: no data was at risk',
    });
  }
  const unjudged = notAllJudged(e);
  if (unjudged !== null) reasons.push({ code: 'NOT_ALL_JUDGED', rule: 'judge', text: unjudged });
  if (e.rigFailure !== null) reasons.push({ code: 'RIG_FAILED', rule: 'rig', text: e.rigFailure });
  for (const step of ['recovery', 'judge', 'resync', 'verify'] as const) {
    if (e[step] === null) reasons.push({ code: 'STEP_MISSING', rule: step, text: `${step} has no result` });
  }
  if (e.resync !== null && !e.resync.complete) {
    const never = e.resync.secondsLeft === 'never' ? '; their number did not fall: it would never have ended' : '';
    const text = `resynchronization ended with ${e.resync.remainingRegions} regions dirty${never}`;
    reasons.push({ code: 'RESYNC_INCOMPLETE', rule: 'I3', text });
  }
  return reasons;
}

/** The reasons of a FAIL come first; reasons that make the cycle invalid follow in any case. */
export function cycleVerdict(observations: CycleObservations): CycleVerdict {
  const failed = failures(observations);
  const invalid = invalidReasons(observations);
  const verdict = failed.length > 0 ? 'FAIL' : invalid.length > 0 ? 'INVALID' : 'PASS';
  return { verdict, reasons: [...failed, ...invalid] };
}

const CONFIDENCE = 0.95;

/**
 * One-sided Clopper-Pearson bound on the failure rate: at this rate, `failures` or fewer in `cycles` cycles have a
 * probability of 1 - confidence. It is the quantile of Beta(failures + 1, cycles - failures) at `confidence`; 0 of N
 * gives 1 - 0.05^(1/N), about 3/N. Without cycles, or if all failed: 1.
 *
 * @throws RangeError for impossible counts
 */
export function failureRateUpperBound(failures: number, cycles: number, confidence: number = CONFIDENCE): number {
  const counts = Number.isSafeInteger(failures) && Number.isSafeInteger(cycles) && failures >= 0 && failures <= cycles;
  if (!counts)
    throw new RangeError(`${failures} failures in ${cycles} cycles: integers with 0 <= failures <= cycles are needed`);
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence ${confidence} is not between 0 and 1`);
  if (failures === cycles) return 1;
  return betaQuantile(confidence, failures + 1, cycles - failures);
}

export interface CampaignVerdict {
  verdict: Verdict;
  counts: Record<Verdict, number>;
  /** One-sided 95 % bound on the failure rate of a cycle. Only PASS and FAIL count as tried. */
  failureRateUpperBound: number;
}

/** FAIL if any cycle failed; else INVALID if any cycle is INVALID or there is none; else PASS. */
export function campaignVerdict(verdicts: readonly Verdict[]): CampaignVerdict {
  const counts: Record<Verdict, number> = { PASS: 0, FAIL: 0, INVALID: 0 };
  for (const verdict of verdicts) counts[verdict]++;
  const valid = counts.PASS + counts.FAIL;
  const verdict = counts.FAIL > 0 ? 'FAIL' : counts.INVALID > 0 || valid === 0 ? 'INVALID' : 'PASS';
  return { verdict, counts, failureRateUpperBound: failureRateUpperBound(counts.FAIL, valid) };
}
