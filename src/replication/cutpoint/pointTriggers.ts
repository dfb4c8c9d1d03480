/**
 * Where each cut point lies in the driver's stream of I/Os: the last moment before the I/O that would leave it. What the
 * points are for stands in `src/rig/cutPoints.ts`.
 *
 *   held    the I/O that would leave the state is kept back, and everything after it: the disks stand in the state
 *   led     the I/O itself is to be on its way when the power goes: kept back until that is about to happen
 */
import { AREA_NAMES, type AreaName } from '../../base/areas.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { RECORD_COMPLETE, RECORD_RELEASE, RECORD_WRITE, type LogCommit } from '../../tracker/core/transactionLog.js';
import type { CutPoint } from './cutPoint.js';
import type { DriverIo } from '../driverIo.js';
import { OP } from '../driverIo.js';

const RELEASES = [RECORD_RELEASE, RECORD_COMPLETE];

/** An update whose own evidence was just made is the sharper case; where all regions are hot none comes for long. */
const FRESH_EVIDENCE_WAIT_MS = 300;

export interface PointView {
  core: { readonly secondaryAway: boolean; isLogDurable(sequence: number): boolean };
  /** The journal has just said that something is durable: what is submitted now waited for that. */
  journalSpoke: boolean;
  armedForMs: number;
  /** Areas that the cut will darken. */
  areas: readonly AreaName[];
  /** Indicator pages seen since the point was armed: group → offsets of the copies, in order. */
  pagesSeen: Map<number, number[]>;
  lastPage: DriverIo | null;
  /** Commits written since the point was armed, by index: the newest of each. */
  commits: Map<number, LogCommit>;
  /** The first commit that released something since then, and its last block. */
  release: { io: DriverIo; sequence: number } | null;
}

export interface PointTrigger {
  held: boolean;
  /** The protocol stops before this I/O. */
  stopsAt(io: DriverIo, view: PointView): boolean;
  /** The update's writes to these areas go out all the same, and must have completed for the state to be the one named. */
  completes?: readonly (typeof PRIMARY | typeof SECONDARY)[];
  /** The work is over, with nothing left to submit: whether the state is the one named all the same. */
  standsAtEnd?(view: PointView): boolean;
  /** What it stopped over, where that is not the I/O kept back. */
  subject?(view: PointView): DriverIo;
  /** S is taken as lost when the point is armed, as after a timeout: only then are regions marked (R9). */
  losesSecondary?: true;
}

const isPage = (io: DriverIo): boolean => io.kind === OP.page;
const isJournalWrite = (io: DriverIo): boolean => io.kind === OP.page || io.kind === OP.log;
/** An update's two writes are submitted together, P first. */
const isWriteTo =
  (area: number) =>
  (io: DriverIo, { core }: PointView): boolean =>
    io.kind === OP.write && io.b === area && !core.secondaryAway;

/** The copies of a page are never written at once: at the second write of one the first is durable, at the third both. */
const isPageWrite =
  (nth: number) =>
  (io: DriverIo, view: PointView): boolean => {
    const { pagesSeen } = view;
    if (io.kind !== OP.page) return false;
    view.lastPage = io;
    const before = pagesSeen.get(io.a) ?? [];
    // Twice the same copy: its other one is not of this series.
    if (before.at(-1) !== io.offsetBytes) before.push(io.offsetBytes);
    pagesSeen.set(io.a, before);
    return before.length >= nth;
  };

function isAfterRelease(io: DriverIo, view: PointView): boolean {
  if (view.release !== null) return view.core.isLogDurable(view.release.sequence);
  if (commitHolds(io, view, RELEASES)) {
    const { start, blocks } = view.commits.get(io.a)!;
    view.release = { io, sequence: start + blocks - 1 };
  }
  return false;
}

function commitHolds(io: DriverIo, { commits }: PointView, kinds: readonly number[]): boolean {
  if (io.kind !== OP.log) return false;
  const commit = commits.get(io.a)!;
  return commit.kind.subarray(0, commit.recordCount).some((kind) => kinds.includes(kind));
}

/** Where the cut darkens neither P nor S, either's flush will do. */
function isFlushOfCut(io: DriverIo, { areas }: PointView): boolean {
  if (io.kind !== OP.flush || io.device === JOURNAL) return false;
  return areas.includes(AREA_NAMES[io.device]) || !(areas.includes('primary') || areas.includes('secondary'));
}

export const POINT_TRIGGERS: Record<CutPoint, PointTrigger> = {
  'evidence-durable': {
    held: true,
    stopsAt: (io, view) =>
      io.kind === OP.write && io.b === PRIMARY && (view.journalSpoke || view.armedForMs > FRESH_EVIDENCE_WAIT_MS),
  },
  'log-write': { held: false, stopsAt: (io, view) => commitHolds(io, view, [RECORD_WRITE]) },
  'primary-only': { held: true, stopsAt: isWriteTo(SECONDARY), completes: [PRIMARY] },
  'secondary-only': { held: true, stopsAt: isWriteTo(PRIMARY), completes: [SECONDARY] },
  'both-completed': { held: true, stopsAt: isWriteTo(SECONDARY), completes: [PRIMARY, SECONDARY] },
  flush: { held: false, stopsAt: isFlushOfCut },
  'release-write': { held: false, stopsAt: (io, view) => commitHolds(io, view, RELEASES) },
  'release-durable': { held: true, stopsAt: isAfterRelease, subject: (view) => view.release!.io },
  'mark-write': { held: false, stopsAt: isPage, losesSecondary: true },
  'mark-copies': { held: true, stopsAt: isPageWrite(2), losesSecondary: true },
  'copy-read': { held: true, stopsAt: (io) => io.kind === OP.copyWrite },
  'copy-durable': { held: true, stopsAt: isPage },
  'clear-write': { held: false, stopsAt: isPage },
  'clear-copies': { held: true, stopsAt: isPageWrite(2) },
  'clear-durable': {
    held: true,
    stopsAt: isPageWrite(3),
    standsAtEnd: (view) => view.lastPage !== null,
    subject: (view) => view.lastPage!,
  },
  'dirty-read': { held: true, stopsAt: isJournalWrite },
  'dirty-write': { held: false, stopsAt: isJournalWrite },
};
