/** What a cut was aimed at and how near it came, in words. */
import type { InFlight } from '../replication/replicationEngine.js';
import { formatBytes, formatMs, MISSING } from './format.js';
import type { CycleRecord, PointAim } from './runRecord.js';

type Reached = Extract<PointAim, { reached: true }>;

/** The cut point, or the work that was cut. */
export function cutPlace(c: CycleRecord): string {
  return c.aim?.point?.name ?? c.during;
}

/** For a table's cell: how far off, and how the aim was kept. */
export function offAim(c: CycleRecord): string {
  const missedByMs = c.aim?.missedByMs ?? null;
  const { point, leadMs } = c.aim ?? {};
  if (point?.reached === false) return 'not reached';
  if (missedByMs === null) return MISSING;
  if (point?.held === true && missedByMs === 0) return `0, held ${formatMs(point.stoodMs)}`;
  const led = leadMs === 0 ? '' : `, led by ${formatMs(leadMs)}`;
  const off = missedByMs === 0 ? '0' : `${missedByMs < 0 ? '−' : '+'}${formatMs(Math.abs(missedByMs))}`;
  return `${off}${led}`;
}

/** For a line of progress; empty where the cut was aimed at a time. */
export function nearPoint(c: CycleRecord): string {
  const point = c.aim?.point;
  if (point === undefined) return '';
  return point.reached ? near(point, c.aim!.missedByMs) : 'not reached';
}

/** The parts of it, for a table; null where the cut was aimed at a time. */
export function aimedPoint(
  c: CycleRecord,
): { cycle: number; name: string; subject: string; near: string; inFlight: string } | null {
  const { point, inFlight } = c.aim ?? {};
  if (point === undefined) return null;
  return {
    cycle: c.index,
    name: point.name,
    subject: point.reached ? subjectWords(point.subject) : MISSING,
    near: nearPoint(c),
    inFlight: inFlight === undefined ? MISSING : inFlightWords(inFlight),
  };
}

/** A sentence for the cycle's details. */
export function aimSentence(c: CycleRecord): string {
  if (c.aim === undefined || c.aim === null) return '';
  const { afterMs, leadMs, missedByMs, inFlight, point } = c.aim;
  const led = leadMs === 0 ? 'not led' : `command led by ${formatMs(leadMs)}`;
  const flying = inFlight === undefined ? '' : ` On its way then: ${inFlightWords(inFlight)}.`;
  if (point === undefined) {
    const came =
      missedByMs === null
        ? 'no failed I/O was seen'
        : `first failed I/O ${formatMs(Math.abs(missedByMs))} ${missedByMs < 0 ? 'before' : 'after'} the aim`;
    return `Aimed at ${formatMs(afterMs)} into ${c.during}, ${led}; ${came}.${flying}`;
  }
  if (!point.reached) return `Aimed at ${point.name}, which was not reached; cut all the same.${flying}`;
  const how = point.held ? '' : `, ${led}`;
  return `Aimed at ${point.name}, reached ${formatMs(point.intoMs)} into ${c.during} with ${subjectWords(point.subject)}${how}: ${near(point, missedByMs)}.${flying}`;
}

function near({ held, stoodMs }: Reached, missedByMs: number | null): string {
  if (missedByMs === null)
    return held ? 'no failed I/O was seen' : 'it was not sent before the power went, or no failed I/O was seen';
  if (held)
    return missedByMs === 0
      ? `held ${formatMs(stoodMs)} until the power was gone`
      : `went on ${formatMs(missedByMs)} before the power was gone`;
  if (missedByMs === 0) return 'on its way as the power went';
  return missedByMs < 0
    ? `the power went ${formatMs(-missedByMs)} before it was sent`
    : `over ${formatMs(missedByMs)} before the power went`;
}

function subjectWords(s: Reached['subject']): string {
  const place = s.lengthBytes === 0 ? '' : `, ${formatBytes(s.lengthBytes)} at byte ${s.offsetBytes}`;
  return `${s.updateId === 0 ? '' : `update ${s.updateId}, `}${s.kind} to ${s.area}${place}`;
}

function inFlightWords(inFlight: InFlight): string {
  const parts = Object.entries(inFlight).map(
    ([area, kinds]) =>
      `${area} ${Object.entries(kinds)
        .map(([kind, n]) => `${n} ${kind}`)
        .join(', ')}`,
  );
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}
