/**
 * The verdict of one cycle, and of a campaign. Every broken rule is given as a reason with a stable code.
 *
 *  - FAIL: an invariant, a promise of a device or a limit of the profile is broken. A fault that was found counts
 *    whether or not the cut is proven: FAIL wins over INVALID.
 *  - INVALID: nothing was found, but the cycle proves nothing: no device-side evidence of the cut, the cut did not come at
 *    the point it was for, nothing had been written, not every byte was judged, hardware of the rig failed, or a step has
 *    no result. Never counted as a pass.
 *  - PASS: cut proven, everything judged, nothing found.
 */
import { STORAGE_AREAS } from '../../base/areas.js';
import { SECTOR_BYTES } from '../../base/observation.js';
import type { JudgeReport, RecoveryReport, ResyncReport, VerifyReport } from './reports.js';
import { blocksText } from './reports.js';
import { failureRateUpperBound } from './statistics.js';

export type Verdict = 'PASS' | 'FAIL' | 'INVALID';

/** What proves a cut, weakest first. `device`: I/O errors, a vanished node, a counted unsafe shutdown. */
export type ProofKind = 'none' | 'echo' | 'read-back' | 'device';

export interface CycleLimits {
  recoveryMs: number | null;
  resyncMs: number | null;
  falseDirtyRegions: number | null;
}

/** Something of the device under test that failed outside of the reports; a fault of the catalogue. */
export interface DeviceFault {
  /** `dead-device`, `late-return`, `wrong-device`, `slow`, … */
  class: string;
  text: string;
}

export interface CycleEvidence {
  proofOfCut: ProofKind;
  /** Of a cut without proof: which rails and areas, and what was seen of them. Absent or null: only `proofOfCut` is known. */
  unproven?: string | null;
  /** null: the step was not reached or did not end. */
  recovery: RecoveryReport | null;
  /** Of earlier cuts of the same cycle: what they met on the journal counts too. */
  earlierRecoveries?: readonly RecoveryReport[];
  judge: JudgeReport | null;
  resync: ResyncReport | null;
  verify: VerifyReport | null;
  limits: CycleLimits;
  deviceFaults: readonly DeviceFault[];
  /** By the application, before the cuts; null or absent: not known. */
  updatesIssued?: number | null;
  /** The cut was aimed at a point of the protocol, and why that is not where it came; absent or null: no such aim, or there. */
  missedPoint?: string | null;
  /** The rig's own hardware (a board, the journal's host, …), or an error of the bench; null: none. */
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
  /** The rule that is broken: an invariant (I1 …), a rule (R12), a class of the fault catalogue, a field of the profile. */
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

/** Only what had been durable and rotted: a page or block torn by the cut is legal, and dirty regions are its price. */
function recoveryReasons(recovery: RecoveryReport): Reason[] {
  const rotten = recovery.findings.filter((f) => f.class === 'indicator-rot');
  const listed = rotten.map((f) => `journal ${f.where}, ${blocksText(f)}: ${f.problem} (${f.effect})`);
  const unlisted = (recovery.unlisted ?? []).filter((f) => f.class === 'indicator-rot');
  const texts = [
    ...listed,
    ...unlisted.map((f) => `journal ${f.where}: ${f.count} more findings, behind the list's end`),
  ];
  return texts.map((text) => ({ code: 'METADATA_ROT', rule: 'indicator-rot', text }));
}

function overLimit(
  code: ReasonCode,
  field: string,
  value: number | undefined,
  limit: number | null,
  unit: string,
): Reason[] {
  if (value === undefined || limit === null || value <= limit) return [];
  return [{ code, rule: `campaign.limits.${field}`, text: `${value}${unit} is beyond the limit of ${limit}${unit}` }];
}

function failures(e: CycleEvidence): Reason[] {
  const reasons = e.deviceFaults.map((f): Reason => ({ code: 'DEVICE_FAULT', rule: f.class, text: f.text }));
  for (const recovery of [...(e.earlierRecoveries ?? []), e.recovery]) {
    if (recovery !== null) reasons.push(...recoveryReasons(recovery));
  }
  if (e.judge !== null) reasons.push(...judgeReasons(e.judge));
  if (e.verify !== null) reasons.push(...verifyReasons(e.verify));
  const { limits } = e;
  reasons.push(...overLimit('RECOVERY_SLOW', 'recovery', e.recovery?.durationMs, limits.recoveryMs, ' ms'));
  reasons.push(...overLimit('RESYNC_SLOW', 'resync', e.resync?.durationMs, limits.resyncMs, ' ms'));
  const excess = e.judge?.falseDirtyRegions;
  reasons.push(...overLimit('EXCESS_DIRTY', 'falseDirtyRegions', excess, limits.falseDirtyRegions, ' regions'));
  return reasons;
}

/** Whether the steps speak of the same bytes and of the same D; null: they do. A check of the bench, not of the disks. */
function notAllJudged({ recovery, judge, verify }: CycleEvidence): string | null {
  if (judge === null) return null;
  for (const area of STORAGE_AREAS) {
    const judgedBytes = judge.areas[area].sectorsRead * SECTOR_BYTES;
    if (verify !== null && judgedBytes !== verify.bytes)
      return `${area}: ${judgedBytes} bytes were judged, ${verify.bytes} verified`;
  }
  if (recovery !== null && judge.dirtyRegions !== recovery.dirtyRegions) {
    return `recovery found ${recovery.dirtyRegions} dirty regions, the judge was given ${judge.dirtyRegions}`;
  }
  return null;
}

function doubts(e: CycleEvidence): Reason[] {
  const reasons: Reason[] = [];
  if (e.proofOfCut !== 'device') {
    const text =
      typeof e.unproven === 'string'
        ? `no device-side evidence: ${e.unproven}`
        : `no device-side evidence that the power was cut (best: ${e.proofOfCut})`;
    reasons.push({ code: 'CUT_UNPROVEN', rule: 'relay-lie', text });
  }
  if (typeof e.missedPoint === 'string')
    reasons.push({ code: 'POINT_NOT_REACHED', rule: 'campaign.cuts.at', text: e.missedPoint });
  if (e.updatesIssued === 0) {
    reasons.push({
      code: 'NOTHING_WRITTEN',
      rule: 'workload',
      text: 'the application had written nothing when the power went: nothing was at stake',
    });
  }
  const unjudged = notAllJudged(e);
  if (unjudged !== null) reasons.push({ code: 'NOT_ALL_JUDGED', rule: 'judge', text: unjudged });
  if (e.rigFailure !== null) reasons.push({ code: 'RIG_FAILED', rule: 'rig', text: e.rigFailure });
  for (const step of ['recovery', 'judge', 'resync', 'verify'] as const) {
    if (e[step] === null) reasons.push({ code: 'STEP_MISSING', rule: step, text: `${step} has no result` });
  }
  if (e.resync !== null && !e.resync.complete) {
    const text = `resynchronization ended with ${e.resync.remainingRegions} regions dirty`;
    reasons.push({ code: 'RESYNC_INCOMPLETE', rule: 'I3', text });
  }
  return reasons;
}

/** Reasons that fail come first; those that make a cycle invalid are given too. */
export function cycleVerdict(evidence: CycleEvidence): CycleVerdict {
  const failed = failures(evidence);
  const doubted = doubts(evidence);
  const verdict = failed.length > 0 ? 'FAIL' : doubted.length > 0 ? 'INVALID' : 'PASS';
  return { verdict, reasons: [...failed, ...doubted] };
}

export interface CampaignVerdict {
  verdict: Verdict;
  counts: Record<Verdict, number>;
  /** One-sided 95 % bound on the chance that a cycle fails; PASS and FAIL are the cycles that were tried. */
  failureRateUpperBound: number;
}

/** FAIL if any cycle failed; else INVALID if any was, or if none was tried; else PASS. */
export function campaignVerdict(verdicts: readonly Verdict[]): CampaignVerdict {
  const counts: Record<Verdict, number> = { PASS: 0, FAIL: 0, INVALID: 0 };
  for (const verdict of verdicts) counts[verdict]++;
  const valid = counts.PASS + counts.FAIL;
  const verdict = counts.FAIL > 0 ? 'FAIL' : counts.INVALID > 0 || valid === 0 ? 'INVALID' : 'PASS';
  return { verdict, counts, failureRateUpperBound: failureRateUpperBound(counts.FAIL, valid) };
}
