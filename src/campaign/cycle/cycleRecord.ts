/** From what a cycle met to its record and verdict (pure). */
import { cycleVerdict, type CycleLimits, type DeviceFault, type ProofKind } from '../../judge/verdict/verdict.js';
import type { AreaFailure } from '../../replication/replicationEngine.js';
import type { CycleRecord } from '../../report/runRecord.js';
import { aimOf, missedPoint } from './aim.js';
import { NS_PER_MS } from '../../base/clock.js';
import type { CutRecord, CycleState } from './cycleTypes.js';
import { describeCounters } from './counterChanges.js';
import { boardEvidence, cutAreas, proofOfCut } from './proof.js';
import { describeProof, unprovenCuts } from './proofText.js';

/** The record to be kept of an ended cycle: of an interrupted one only what was found, for nothing else was decided. */
export function keptRecord(state: CycleState, limits: CycleLimits, repeats = 0): CycleRecord | null {
  const record = { ...cycleRecord(state, limits), ...(repeats === 0 ? {} : { repeats }) };
  return state.outcome?.kind === 'interrupted' && record.verdict !== 'FAIL' ? null : record;
}

export function cycleRecord(state: CycleState, limits: CycleLimits): CycleRecord {
  const { facts, settings } = state;
  const last = settings.rounds[settings.rounds.length - 1];
  const recovery = facts.recoveries.length === 0 ? null : facts.recoveries[facts.recoveries.length - 1];
  const proof = proofOfAll(facts.cuts, settings.rounds.length);
  const problem = state.outcome?.kind === 'problem' ? state.outcome : null;
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
    deviceFaults: facts.unprovoked.map(unprovokedFault),
    missedPoint: missedPoint(facts.cuts),
    rigFailure: problem === null ? null : `${problem.phase}: ${problem.problem.code}: ${problem.problem.text}`,
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

/** Before the cuts, by the application; null: it did not get so far as to say. */
function updatesIssued(cuts: readonly CutRecord[]): number | null {
  const loads = cuts.filter((cut) => cut.round.during === 'load').map((cut) => cut.load);
  if (loads.length === 0 || loads.includes(null)) return null;
  return loads.reduce((sum, load) => sum + load!.updatesIssued, 0);
}

/** A cycle's proof is that of its weakest cut; a rail that darkens no area can't be proven at all. */
function proofOfAll(cuts: readonly CutRecord[], planned: number): { kind: ProofKind; detail: string } {
  if (cuts.length < planned) return { kind: 'none', detail: 'the plug was not pulled' };
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

/** From the last command to the last rail's return. */
function outageMs(cut: CutRecord | undefined): number | null {
  if (cut === undefined || cut.restoredNs === null || cut.commands.length === 0) return null;
  return (cut.restoredNs - Math.max(...cut.commands.map((c) => c.commandNs))) / NS_PER_MS;
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
