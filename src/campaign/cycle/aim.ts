/** How near a cut came to what it was aimed at: a time, or a point of the protocol (pure). */
import type { InFlight } from '../../replication/replicationEngine.js';
import type { CycleRecord, PointAim } from '../../report/runRecord.js';
import { NS_PER_MS } from '../../base/clock.js';
import type { CutRecord, PointEnded } from './cycleTypes.js';
import { powerLossNs, proofOfCut } from './proof.js';

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

/** Why a cut that was aimed at a point proves nothing of it; null: it was reached, or none was aimed at. */
export function missedPoint(cuts: readonly CutRecord[]): string | null {
  const cut = cuts.find((c) => c.round.at !== undefined && c.reached === null);
  if (cut === undefined) return null;
  const { at, during } = cut.round;
  return cut.hitWork
    ? `the protocol did not get to ${at} in time; the plug was pulled all the same (see campaign.deadlines.point)`
    : `the ${during} ended before the protocol got to ${at}`;
}

/**
 * Of what proves the cut and was seen in time, the first; of an I/O's own area when it was to be on its way as that lost
 * its power. Disks that are held at a point stay there, however late the failure is seen.
 */
function firstFailureNs(cut: CutRecord): number | null {
  const isHeld = cut.reached?.held === true;
  const proven = proofOfCut(cut).flatMap((p) => (p.proven && (p.isMeasured || isHeld) ? [p] : []));
  const own = proven.filter((p) => cut.reached?.held === false && p.area === cut.reached.subject.area);
  const times = (own.length > 0 ? own : proven).map((p) => powerLossNs(p.sign));
  return times.length === 0 ? null : Math.min(...times);
}

/** What is held needs no lead. */
function leadOf({ round, reached }: CutRecord): number {
  if (round.at === undefined) return round.leadMs;
  if (reached === null || reached.held) return 0;
  return (round.rails.find((r) => r.areas.includes(reached.subject.area)) ?? round.rails[0]).leadMs ?? 0;
}

/** Of the engine's own first failure; where only the probe saw the cut, when the protocol went on from its point. */
function inFlightOf(cut: CutRecord): InFlight | null {
  const own = cut.signs.filter((s) => s.inFlight !== undefined).sort((a, b) => a.atNs - b.atNs);
  const { ended } = cut;
  if (own.length > 0 && (ended === null || own[0].atNs <= ended.atNs)) return own[0].inFlight!;
  return ended?.inFlight ?? null;
}

/** Held: the disks stand at the point until the power is gone. Led: from the I/O's time on its way to the first failure. */
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
