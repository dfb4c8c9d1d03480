/**
 * The place of each cut point in the stream of I/Os of the driver: just before the I/O that would leave the named
 * state. `src/rig/cutPoints.ts` describes the purpose of the points.
 *
 *   held      the driver holds back the I/O that would leave the state, and every later one: the disks stay in the state
 *   not held  the I/O itself must be in flight when the power goes: the driver submits it just before
 */
import { AREA_NAMES, type AreaName } from '../../base/areas.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { RECORD_COMPLETE, RECORD_RELEASE, RECORD_WRITE, type LogCommit } from '../../tracker/core/transactionLog.js';
import type { CutPoint } from './cutPoint.js';
import { OP, type DriverIo } from '../driverIo.js';

const RELEASES = [RECORD_RELEASE, RECORD_COMPLETE];

/**
 * `evidence-durable` prefers an update whose own evidence has just become durable. Where all regions are hot no such
 * update comes for a long time: after this wait any update will do.
 */
const FRESH_EVIDENCE_WAIT_MS = 300;

export interface PointView {
  core: { readonly secondaryAway: boolean; isLogDurable(sequence: number): boolean };
  /** The core submits this I/O while it takes a completion of the journal: the I/O has waited for the journal. */
  isAfterJournal: boolean;
  armedForMs: number;
  /** Areas that the cut powers off. */
  areas: readonly AreaName[];
  /** Indicator pages seen since the point was armed: group → offsets of the copies, in order. */
  pagesSeen: Map<number, number[]>;
  lastPage: DriverIo | null;
  /** By index, the newest commit written since the point was armed. */
  commits: Map<number, LogCommit>;
  /** The first commit that released something since then, and its last block. */
  release: { io: DriverIo; sequence: number } | null;
}

export interface PointTrigger {
  held: boolean;
  /** Whether the protocol halts before this I/O. */
  stopsAt(io: DriverIo, view: PointView): boolean;
  /**
   * The writes of the update to these areas are submitted, and must complete before the disks are in the named state.
   */
  completes?: readonly (typeof PRIMARY | typeof SECONDARY)[];
  /** The phase ends, and no I/O is left to halt at: whether the disks are in the named state. */
  haltsAtEnd?(view: PointView): boolean;
  /** The I/O to report, where it is not the one held back. */
  subject?(view: PointView): DriverIo;
  /** When the point becomes active, the core takes S as lost, as after a timeout: only then it marks regions (R9). */
  losesSecondary?: true;
}

const isPage = (io: DriverIo): boolean => io.kind === OP.page;
const isJournalWrite = (io: DriverIo): boolean => io.kind === OP.page || io.kind === OP.log;
/** The core submits the two writes of an update together, P first. */
const isWriteTo =
  (area: number) =>
  (io: DriverIo, { core }: PointView): boolean =>
    io.kind === OP.write && io.b === area && !core.secondaryAway;

/**
 * The core writes the two copies of a page one after the other: before the second write of a page the first copy is
 * durable, before the third write both are.
 */
const isPageWrite =
  (nth: number) =>
  (io: DriverIo, view: PointView): boolean => {
    const { pagesSeen } = view;
    if (io.kind !== OP.page) return false;
    view.lastPage = io;
    const before = pagesSeen.get(io.a) ?? [];
    // The same copy twice: the first of these writes belonged to an earlier pair.
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

/** A flush of an area that the cut powers off. When it powers off neither P nor S, the flush of either counts. */
function isFlushOfCut(io: DriverIo, { areas }: PointView): boolean {
  if (io.kind !== OP.flush || io.device === JOURNAL) return false;
  return areas.includes(AREA_NAMES[io.device]) || !(areas.includes('primary') || areas.includes('secondary'));
}

export const POINT_TRIGGERS: Record<CutPoint, PointTrigger> = {
  'evidence-durable': {
    held: true,
    stopsAt: (io, view) =>
      io.kind === OP.write && io.b === PRIMARY && (view.isAfterJournal || view.armedForMs > FRESH_EVIDENCE_WAIT_MS),
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
    haltsAtEnd: (view) => view.lastPage !== null,
    subject: (view) => view.lastPage!,
  },
  'dirty-read': { held: true, stopsAt: isJournalWrite },
  'dirty-write': { held: false, stopsAt: isJournalWrite },
};
