/** Builds the record and the verdict of a cycle from its facts (pure). */
import { type CycleLimits, type DeviceFault, type ProofKind, cycleVerdict } from '../../judge/verdict/verdict.js';
import type { AreaFailure, InFlight } from '../../replication/replicationEngine.js';
import type { CycleRecord, PointAim } from '../../report/runRecord.js';
import { NS_PER_MS } from '../../base/clock.js';
import { isHostsOwn } from '../../base/plugpullError.js';
import type { CutRecord, CycleState, PointEnded } from './cycleTypes.js';
import {
  describeCounters,
  boardEvidence,
  cutAreas,
  powerLossNs,
  proofOfCut,
  describeProof,
  unprovenCuts,
} from './proof.js';

/** The record of an ended cycle. An interrupted cycle has one only if it found a fault: nothing else was decided. */
export function keptRecord(state: CycleState, limits: CycleLimits, repeats = 0): CycleRecord | null {
  const record = { ...cycleRecord(state, limits), ...(repeats === 0 ? {} : { repeats }) };
  return state.outcome?.kind === 'interrupted' && record.verdict !== 'FAIL' ? null : record;
}

export function cycleRecord(state: CycleState, limits: CycleLimits): CycleRecord {
  const { facts, settings } = state;
  const last = settings.rounds[settings.rounds.length - 1];
  const recovery = facts.recoveries.length === 0 ? null : facts.recoveries[facts.recoveries.length - 1];
  const proof = proofOfAll(facts.cuts, settings.rounds.length);
  const { verdict, reasons } = cycleVerdict({
    proofOfCut: proof.kind,
    unproven: unprovenCuts(facts.cuts, settings.rounds),
    recovery,
    earlierRecoveries: facts.recoveries.slice(0, -1),
    judge: facts.judge,
    resync: facts.resync,
    verify: facts.verify,
    limits,
    updatesIssued: updatesIssued(facts.cuts),
    deviceFaults: facts.unprovoked.filter((failure) => !isHostsFailure(failure)).map(unprovokedFault),
    missedPoint: missedPoint(facts.cuts),
    rigFailure: rigFailure(state),
  });
  return {
    index: settings.index,
    seed: settings.seed,
    rails: last.rails.map((r) => r.rail),
    during: last.during,
    verdict,
    reasons,
    proofOfCut: proof,
    cutLatencyMs: latencies(facts.cuts[facts.cuts.length - 1]),
    aim: aimOf(facts.cuts.length < settings.rounds.length ? undefined : facts.cuts[facts.cuts.length - 1]),
    outageMs: outageMs(facts.cuts[facts.cuts.length - 1]),
    recovery,
    judge: facts.judge,
    resync: facts.resync,
    verify: facts.verify,
    load: facts.cuts.find((cut) => cut.load !== null)?.load ?? null,
    ...(facts.hostPauses.length === 0 ? {} : { standstills: [...facts.hostPauses] }),
  };
}

/** Updates issued by the application before the cuts; null: the load did not report. */
function updatesIssued(cuts: readonly CutRecord[]): number | null {
  const loads = cuts.filter((cut) => cut.round.during === 'load').map((cut) => cut.load);
  if (loads.length === 0 || loads.includes(null)) return null;
  return loads.reduce((sum, load) => sum + load!.updatesIssued, 0);
}

/** The proof of a cycle is that of its weakest cut. The cut of a rail that powers no area alone can't be proven. */
function proofOfAll(cuts: readonly CutRecord[], planned: number): { kind: ProofKind; detail: string } {
  if (cuts.length < planned) return { kind: 'none', detail: 'the power was not cut' };
  const proofs = cuts.flatMap((cut) => proofOfCut(cut).map((proof) => ({ ...proof, said: describeProof(proof, cut) })));
  const bare = cuts.some((cut) => cut.round.rails.every((r) => r.areas.length === 0));
  const proven = !bare && proofs.every((p) => p.proven);
  const missed = cuts.filter((cut) => !cut.hitWork).map((cut) => `the ${cut.round.during} had ended before the cut`);
  const counted = cuts.flatMap((cut) => describeCounters(cut.counters, cutAreas(cut)));
  const detail = [
    ...proofs.map(({ said }) => said),
    ...counted,
    ...cuts.flatMap(measuredBy),
    ...(bare ? ['the rails cut feed no area alone'] : []),
    ...missed,
  ].join('; ');
  return { kind: proven ? 'device' : weakestBoard(cuts), detail };
}

function measuredBy(cut: CutRecord): string[] {
  return cut.commands.flatMap((c) =>
    c.measured === undefined ? [] : [`rail ${c.rail} measured ${c.measured.join(', ')}`],
  );
}

function weakestBoard(cuts: readonly CutRecord[]): ProofKind {
  const said = cuts.map(boardEvidence);
  if (said.includes('none')) return 'none';
  return said.includes('echo') ? 'echo' : 'read-back';
}

function latencies(cut: CutRecord | undefined): Record<string, number> {
  const byRail: Record<string, number> = {};
  if (cut === undefined) return byRail;
  for (const p of proofOfCut(cut)) {
    if (p.proven && p.isMeasured) byRail[p.rail] = Math.min(byRail[p.rail] ?? Infinity, p.latencyMs);
  }
  return byRail;
}

/** From the last command to the return of the last rail. */
function outageMs(cut: CutRecord | undefined): number | null {
  if (cut === undefined || cut.restoredNs === null || cut.commands.length === 0) return null;
  return (cut.restoredNs - Math.max(...cut.commands.map((c) => c.commandNs))) / NS_PER_MS;
}

/** An error of the host itself, such as no memory for an I/O, says nothing about the device. */
export function isHostsFailure(failure: AreaFailure): boolean {
  return failure.timedOut !== true && isHostsOwn(failure.errno);
}

function rigFailure({ facts, outcome }: CycleState): string | null {
  if (outcome?.kind === 'problem') return `${outcome.phase}: ${outcome.problem.code}: ${outcome.problem.text}`;
  const failed = facts.unprovoked.find(isHostsFailure);
  return failed === undefined
    ? null
    : `the host failed an I/O of ${failed.area} (errno ${failed.errno}) while its power was on: see its memory and limits`;
}

function unprovokedFault(failure: AreaFailure): DeviceFault {
  if (failure.timedOut === true) {
    return {
      class: 'slow',
      text: `${failure.area} left an I/O unanswered for tracking.ackTimeout while its power was on`,
    };
  }
  return { class: 'io-error', text: `${failure.area} failed an I/O (errno ${failure.errno}) while its power was on` };
}

/** How near the cut came to its aim: a time, or a cut point of the protocol. */
export function aimOf(cut: CutRecord | undefined): CycleRecord['aim'] {
  if (cut === undefined) return null;
  const { afterMs, at } = cut.round;
  const failedNs = firstFailureNs(cut);
  const leadMs = leadOf(cut);
  const inFlight = inFlightOf(cut);
  const seen = inFlight === null ? {} : { inFlight };
  if (at === undefined) {
    return {
      afterMs,
      leadMs,
      missedByMs: failedNs === null ? null : failedNs / NS_PER_MS - (cut.workSinceMs + afterMs),
      ...seen,
    };
  }
  return { afterMs, leadMs, missedByMs: missedByMs(cut, failedNs), ...seen, point: pointOf(cut, at, failedNs) };
}

/** Why a cut at a point does not test that point; null: the point was reached, or the cut had none. */
export function missedPoint(cuts: readonly CutRecord[]): string | null {
  const cut = cuts.find((c) => c.round.at !== undefined && c.reached === null);
  if (cut === undefined) return null;
  const { at, during } = cut.round;
  return cut.hitWork
    ? `the protocol did not reach ${at} in time, and the power was cut all the same; see campaign.deadlines.point`
    : `the ${during} ended before the protocol reached ${at}`;
}

/**
 * The first failure that proves the cut and was detected in time. For an I/O that should be in flight as its device
 * loses power, only that device counts. Disks that are held at a point stay in its state, however late the failure is
 * detected.
 */
function firstFailureNs(cut: CutRecord): number | null {
  const isHeld = cut.reached?.held === true;
  const proven = proofOfCut(cut).flatMap((p) => (p.proven && (p.isMeasured || isHeld) ? [p] : []));
  const own = proven.filter((p) => cut.reached?.held === false && p.area === cut.reached.subject.area);
  const times = (own.length > 0 ? own : proven).map((p) => powerLossNs(p.sign));
  return times.length === 0 ? null : Math.min(...times);
}

/** A held point needs no lead: the engine halts until the power is gone. */
function leadOf({ round, reached }: CutRecord): number {
  if (round.at === undefined) return round.leadMs;
  if (reached === null || reached.held) return 0;
  return (round.rails.find((r) => r.areas.includes(reached.subject.area)) ?? round.rails[0]).leadMs ?? 0;
}

/**
 * I/O in flight at the engine's first failure; where only the probe detected the cut, as the engine went on from the
 * point.
 */
function inFlightOf(cut: CutRecord): InFlight | null {
  const own = cut.signs.filter((s) => s.inFlight !== undefined).sort((a, b) => a.atNs - b.atNs);
  const { ended } = cut;
  if (own.length > 0 && (ended === null || own[0].atNs <= ended.atNs)) return own[0].inFlight!;
  return ended?.inFlight ?? null;
}

/**
 * Held point: 0 unless the engine went on before the power was gone. Led point: from the I/O's flight to the first
 * failure.
 */
function missedByMs({ reached, ended }: CutRecord, lossNs: number | null): number | null {
  if (reached === null || lossNs === null) return null;
  if (reached.held) return ended === null || ended.atNs >= lossNs ? 0 : (lossNs - ended.atNs) / NS_PER_MS;
  if (ended === null || ended.sentNs === null) return null;
  if (lossNs < ended.sentNs) return (lossNs - ended.sentNs) / NS_PER_MS;
  return isOverBefore(ended, lossNs) ? (lossNs - ended.endedNs!) / NS_PER_MS : 0;
}

function isOverBefore(ended: PointEnded, lossNs: number): boolean {
  return ended.ok && ended.endedNs !== null && ended.endedNs < lossNs;
}

function pointOf({ reached, workSinceMs }: CutRecord, name: string, lossNs: number | null): PointAim {
  if (reached === null) return { name, reached: false };
  const { held, atNs, subject } = reached;
  return {
    name,
    reached: true,
    held,
    intoMs: Math.max(0, atNs / NS_PER_MS - workSinceMs),
    stoodMs: lossNs === null ? null : Math.max(0, lossNs - atNs) / NS_PER_MS,
    subject,
  };
}
