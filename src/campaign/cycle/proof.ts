/**
 * Proof of a cut, from what was seen (pure). What a board says of itself (echo, read-back) is shown, but proves
 * nothing: a contact may be welded. Proof is a device that answered reads before the command, failed or fell silent
 * after it, and still did not answer when the dark time ended.
 *
 * Not promised: that a device which fails by itself in the very same seconds is told from one that lost its power; nor
 * one that is slower than `campaign.silence` from one that is silent.
 */
import { isHostsOwn } from '../../base/plugpullError.js';
import type { AreaName } from '../../base/areas.js';
import { NS_PER_MS } from '../../base/clock.js';
import type { CutRecord, DeviceSign, SwitchRecord } from './cycleTypes.js';

export type AreaProof =
  | { proven: true; area: AreaName; rail: string; sign: DeviceSign; latencyMs: number; isMeasured: boolean }
  | { proven: false; area: AreaName; rail: string; reason: 'no-sign' | 'unreadable-before' | 'readable-in-dark' };

/**
 * The first sign of this area after its rail's command, or undefined. Signs from before the command prove nothing, nor do
 * errors of the host: without descriptors or memory no device can be read.
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

/** When the device was last known to have its power: of silence, when it began. */
export function powerLossNs(sign: DeviceSign): number {
  return sign.sinceNs ?? sign.atNs;
}

/** Every area of every rail of the cut has shown a sign. */
export function allSeen(cut: CutRecord): boolean {
  return cut.round.rails.every((r) => r.areas.every((area) => firstSign(cut, r.rail, area) !== undefined));
}

/** One entry per rail and area; an area's latency is from its rail's command to its first failed I/O. */
export function proofOfCut(cut: CutRecord): AreaProof[] {
  return cut.round.rails.flatMap((r) => r.areas.map((area) => areaProof(cut, r.rail, area)));
}

/** Areas of a cut, each once. */
export function cutAreas(cut: Pick<CutRecord, 'round'>): AreaName[] {
  return [...new Set(cut.round.rails.flatMap((r) => r.areas))];
}

/** The strongest thing that all boards of this cut said of themselves. */
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
  // A virtual contact without delay opens before the tty has told us that the last byte is gone.
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

/** Shorter standstills are those of any busy host, and part of what a latency on it means. */
const SPOILS_MS = 250;

/** What the device felt in time was seen late: the latency says more of the bench than of the rail. */
function isSpoiledByPause(cut: CutRecord, command: SwitchRecord, sign: DeviceSign): boolean {
  const [fromMs, toMs] = [command.commandNs / NS_PER_MS, powerLossNs(sign) / NS_PER_MS];
  return cut.hostPauses.some(
    ({ atMs, ms }) => atMs < toMs && atMs + ms > fromMs && ms >= SPOILS_MS && ms > (toMs - fromMs) / 2,
  );
}

function commandOf(cut: CutRecord, rail: string): SwitchRecord | undefined {
  return cut.commands.find((c) => c.rail === rail);
}
