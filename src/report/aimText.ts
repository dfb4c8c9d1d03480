/** The aim of a cut and how near it came, as text. */
import type { InFlight } from '../replication/replicationEngine.js';
import { formatBytes, formatMs, MISSING } from './figures.js';
import type { CycleRecord, PointAim } from './runRecord.js';

type Reached = Extract<PointAim, { reached: true }>;

/** The cut point, or the work that was cut. */
export function cutPlace(c: CycleRecord): string {
  return c.aim?.point?.name ?? c.during;
}

/** For a table's cell: the distance from the aim, and how the aim was held. */
export function offAim(c: CycleRecord): string {
  const missedByMs = c.aim?.missedByMs ?? null;
  const { point, leadMs } = c.aim ?? {};
  if (point?.reached === false) return 'not reached';
  if (missedByMs === null) return MISSING;
  if (point?.held === true && missedByMs === 0) return `0, halted ${formatMs(point.stoodMs)}`;
  const led = leadMs === 0 ? '' : `, sent ${formatMs(leadMs)} ahead`;
  const off = missedByMs === 0 ? '0' : `${missedByMs < 0 ? '−' : '+'}${formatMs(Math.abs(missedByMs))}`;
  return `${off}${led}`;
}

/** For a line of progress; empty if the cut was aimed at a time. */
export function nearPoint(c: CycleRecord): string {
  const point = c.aim?.point;
  if (point === undefined) return '';
  return point.reached ? nearText(point, c.aim!.missedByMs) : 'not reached';
}

/** A row of the table of cut points; null if the cut was aimed at a time. */
export function aimedPoint(
  c: CycleRecord,
): { cycle: number; name: string; subject: string; near: string; inFlight: string } | null {
  const { point, inFlight } = c.aim ?? {};
  if (point === undefined) return null;
  return {
    cycle: c.index,
    name: point.name,
    subject: point.reached ? subjectText(point.subject) : MISSING,
    near: nearPoint(c),
    inFlight: inFlight === undefined ? MISSING : inFlightText(inFlight),
  };
}

/** A sentence for the details of the cycle. */
export function aimSentence(c: CycleRecord): string {
  if (c.aim === undefined || c.aim === null) return '';
  const { afterMs, leadMs, missedByMs, inFlight, point } = c.aim;
  const led = leadMs === 0 ? 'command not sent ahead' : `command sent ${formatMs(leadMs)} ahead`;
  const flying = inFlight === undefined ? '' : ` In flight then: ${inFlightText(inFlight)}.`;
  if (point === undefined) {
    const came =
      missedByMs === null
        ? 'no failed I/O was seen'
        : `first failed I/O ${formatMs(Math.abs(missedByMs))} ${missedByMs < 0 ? 'before' : 'after'} the aim`;
    return `Aimed at ${formatMs(afterMs)} into ${c.during}, ${led}; ${came}.${flying}`;
  }
  if (!point.reached) return `Aimed at ${point.name}, which was not reached; cut all the same.${flying}`;
  const how = point.held ? '' : `, ${led}`;
  return `Aimed at ${point.name}, reached ${formatMs(point.intoMs)} into ${c.during} with ${subjectText(point.subject)}${how}: ${nearText(point, missedByMs)}.${flying}`;
}

function nearText({ held, stoodMs: haltedMs }: Reached, missedByMs: number | null): string {
  if (missedByMs === null)
    return held ? 'no failed I/O was seen' : 'it was not sent before the power was gone, or no failed I/O was seen';
  if (held)
    return missedByMs === 0
      ? `halted ${formatMs(haltedMs)} until the power was gone`
      : `continued ${formatMs(missedByMs)} before the power was gone`;
  if (missedByMs === 0) return 'in flight when the power was gone';
  return missedByMs < 0
    ? `the power was gone ${formatMs(-missedByMs)} before it was sent`
    : `completed ${formatMs(missedByMs)} before the power was gone`;
}

function subjectText(s: Reached['subject']): string {
  const place = s.lengthBytes === 0 ? '' : `, ${formatBytes(s.lengthBytes)} at byte ${s.offsetBytes}`;
  return `${s.updateId === 0 ? '' : `update ${s.updateId}, `}${s.kind} to ${s.area}${place}`;
}

function inFlightText(inFlight: InFlight): string {
  const parts = Object.entries(inFlight).map(
    ([area, kinds]) =>
      `${area} ${Object.entries(kinds)
        .map(([kind, n]) => `${n} ${kind}`)
        .join(', ')}`,
  );
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}
