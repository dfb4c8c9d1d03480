/**
 * Proof of a cut, from the detected failures, and its description (pure). The board's own report (echo, read-back) is
 * shown but proves nothing: a contact may be welded. Proof is a device that answered reads before the command, failed
 * or became unresponsive after it, and still did not answer at the end of the power-off time.
 *
 * Not promised: to distinguish a device that fails by itself in those same seconds from one that lost its power, or a
 * device slower than `campaign.silence` from an unresponsive one.
 */
import { isHostsOwn } from '../../base/plugpullError.js';
import { type AreaName, AREA_NAMES } from '../../base/areas.js';
import { NS_PER_MS } from '../../base/clock.js';
import type { CounterChange, CutRecord, CutRound, DeviceSign, RailCut, SwitchRecord } from './cycleTypes.js';
import type { PowerCounters } from '../../blockdev/powerCounters.js';

export type AreaProof =
  | { proven: true; area: AreaName; rail: string; sign: DeviceSign; latencyMs: number; isMeasured: boolean }
  | { proven: false; area: AreaName; rail: string; reason: 'no-sign' | 'unreadable-before' | 'readable-in-dark' };

/**
 * The first failure of this area after its rail's command. A failure before the command proves nothing, nor does an
 * error of the host itself: without descriptors or memory no device can be read.
 */
export function firstSign(cut: CutRecord, rail: string, area: AreaName): DeviceSign | undefined {
  const command = commandOf(cut, rail);
  if (command === undefined) return undefined;
  let first: DeviceSign | undefined;
  for (const sign of cut.signs) {
    if (sign.area !== area || sign.atNs < command.askedNs || isHostsOwn(sign.errno)) continue;
    if (first === undefined || sign.atNs < first.atNs) first = sign;
  }
  return first;
}

/** When the device lost its power, as far as known: for an unanswered read, when that was submitted. */
export function powerLossNs(sign: DeviceSign): number {
  return sign.sinceNs ?? sign.atNs;
}

/** Every area of every rail of the cut has failed. */
export function allSeen(cut: CutRecord): boolean {
  return cut.round.rails.every((r) => r.areas.every((area) => firstSign(cut, r.rail, area) !== undefined));
}

/** When the last area of the cut was detected without power; null: not every area was, or the cut has none. */
export function allLostNs(cut: CutRecord): number | null {
  const signs = cut.round.rails.flatMap((r) => r.areas.map((area) => firstSign(cut, r.rail, area)));
  if (signs.length === 0) return null;
  return signs.reduce<number | null>(
    (last, sign) => (last === null || sign === undefined ? null : Math.max(last, sign.atNs)),
    0,
  );
}

/** One entry per rail and area. The latency of an area is from its rail's command to its first failed I/O. */
export function proofOfCut(cut: CutRecord): AreaProof[] {
  return cut.round.rails.flatMap((r) => r.areas.map((area) => areaProof(cut, r.rail, area)));
}

/** Areas of a cut, each once. */
export function cutAreas(cut: Pick<CutRecord, 'round'>): AreaName[] {
  return [...new Set(cut.round.rails.flatMap((r) => r.areas))];
}

/** The strongest evidence that all boards of this cut gave themselves. */
export function boardEvidence(cut: CutRecord): 'none' | 'echo' | 'read-back' | 'measured' {
  const order = ['none', 'echo', 'read-back', 'measured'] as const;
  const weakest = Math.min(...cut.commands.map((c) => order.indexOf(c.evidence)), order.length - 1);
  return cut.commands.length === 0 ? 'none' : order[weakest];
}

function areaProof(cut: CutRecord, rail: string, area: AreaName): AreaProof {
  if (!cut.readableBefore.includes(area)) return { proven: false, area, rail, reason: 'unreadable-before' };
  const sign = firstSign(cut, rail, area);
  if (sign === undefined) return { proven: false, area, rail, reason: 'no-sign' };
  if (cut.readableWhileOff.includes(area)) return { proven: false, area, rail, reason: 'readable-in-dark' };
  // A virtual contact without delay opens before the tty has reported that the last byte is sent.
  const latencyNs = Math.max(0, powerLossNs(sign) - commandOf(cut, rail)!.commandNs);
  return {
    proven: true,
    area,
    rail,
    sign,
    latencyMs: latencyNs / NS_PER_MS,
    isMeasured: !isSpoiledByPause(cut, commandOf(cut, rail)!, sign),
  };
}

/** Shorter pauses happen on any busy host, and are part of a latency measured there. */
const SPOILS_MS = 250;

/** The failure was detected late: the latency measures the bench more than the rail. */
function isSpoiledByPause(cut: CutRecord, command: SwitchRecord, sign: DeviceSign): boolean {
  const [fromMs, toMs] = [command.commandNs / NS_PER_MS, powerLossNs(sign) / NS_PER_MS];
  return cut.hostPauses.some(
    ({ atMs, ms }) => atMs < toMs && atMs + ms > fromMs && ms >= SPOILS_MS && ms > (toMs - fromMs) / 2,
  );
}

function commandOf(cut: CutRecord, rail: string): SwitchRecord | undefined {
  return cut.commands.find((c) => c.rail === rail);
}

/** For example `journal kept its power (a read was answered 140 ms after the command)`. */
export function describeProof(p: AreaProof, cut: CutRecord): string {
  if (p.proven) {
    const how = {
      engine: `failed (errno ${p.sign.errno}, engine)`,
      probe: `failed (errno ${p.sign.errno}, probe)`,
      vanished: 'vanished',
      silent: 'became unresponsive',
    }[p.sign.source];
    return `${p.area} ${how} ${p.latencyMs.toFixed(1)} ms after the command${p.isMeasured ? '' : ' (not measured: the bench process paused)'}`;
  }
  switch (p.reason) {
    case 'unreadable-before':
      return `${p.area} could not be read before the cut`;
    case 'readable-in-dark':
      return `${p.area} answered reads during the power-off time${answeredAfter(p, cut)}`;
    case 'no-sign':
      return cut.offProbeNs !== undefined && !cut.readableWhileOff.includes(p.area)
        ? `${p.area} showed no failure before the power-off time ended, and did not answer then`
        : `${p.area} kept its power${answeredAfter(p, cut)}`;
  }
}

/** For each unproven cut: its unproven rails and its proven ones; null: all cuts are proven. */
export function unprovenCuts(cuts: readonly CutRecord[], planned: readonly CutRound[]): string | null {
  const numbered = (index: number, text: string): string =>
    planned.length === 1 ? text : `cut ${index + 1} of ${planned.length} (${planned[index].during}): ${text}`;
  const said = planned.flatMap((_, index) => {
    const text = index < cuts.length ? unprovenCut(cuts[index]) : 'the power was not cut';
    return text === null ? [] : [numbered(index, text)];
  });
  return said.length === 0 ? null : said.join('; ');
}

function unprovenCut(cut: CutRecord): string | null {
  const proofs = proofOfCut(cut);
  const unproven = proofs
    .filter((p) => !p.proven)
    .map((p) => `rail ${p.rail}: ${describeProof(p, cut)}; its board reports: ${boardWord(cut, p.rail)}`);
  if (proofs.length === 0)
    return `${cut.round.rails.map(({ rail }) => `rail ${rail}`).join(', ')}: feeds no area alone, so no area loses power by the cut; cut all rails of an area together`;
  if (unproven.length === 0) return null;
  const proven = cut.round.rails
    .filter((r) => isProven(r, proofs))
    .map(({ rail, areas }) => `${rail} (${areas.join(', ')})`);
  return [...unproven, ...(proven.length === 0 ? [] : [`proven: ${proven.join(', ')}`])].join('; ');
}

function isProven({ rail, areas }: RailCut, proofs: readonly AreaProof[]): boolean {
  return areas.length > 0 && proofs.every((p) => p.rail !== rail || p.proven);
}

function boardWord(cut: CutRecord, rail: string): string {
  return cut.commands.find((c) => c.rail === rail)?.evidence ?? 'nothing, it did not answer';
}

function answeredAfter(p: AreaProof, cut: CutRecord): string {
  const command = cut.commands.find((c) => c.rail === p.rail);
  if (command === undefined || cut.offProbeNs === undefined || !cut.readableWhileOff.includes(p.area)) return '';
  return ` (a read was answered ${Math.round(Math.max(0, cut.offProbeNs - command.commandNs) / NS_PER_MS)} ms after the command)`;
}

export type AreaCounters = Record<AreaName, PowerCounters | null>;

export function counterChanges(before: AreaCounters, after: AreaCounters): CounterChange[] {
  const fields = [
    ['unsafe shutdowns', 'unsafeShutdowns'],
    ['power cycles', 'powerCycles'],
  ] as const;
  return AREA_NAMES.flatMap((area) =>
    fields.flatMap(([counter, field]): CounterChange[] => {
      const [was, is] = [before[area]?.[field] ?? null, after[area]?.[field] ?? null];
      return was === null || is === null ? [] : [{ area, counter, before: was, after: is }];
    }),
  );
}

/**
 * For the record of a cut of `areas`. An unchanged counter makes the cut doubtful (the link may have been pulled
 * instead of the power) and is mentioned; it disproves nothing, since not every disk counts at once.
 */
export function describeCounters(changes: readonly CounterChange[], areas: readonly AreaName[]): string[] {
  return changes
    .filter((change) => areas.includes(change.area))
    .map(({ area, counter, before, after }) =>
      after > before
        ? `${area} counted ${counter} ${before} → ${after}`
        : `${area} still counts ${after} ${counter}: its link or its power?`,
    );
}
