/**
 * The named cut points: moments of the protocol at which a cut can be aimed, each with the rules that it tests.
 *
 *   obtain ─ log ─►│evidence-durable│─ write P, S ─►│primary-only, secondary-only│─►│both-completed│─ flush ─► ack ─ release
 *                  log-write                                                                 flush  release-write, release-durable
 *
 * At a point that names a state, the replication engine halts until the power is gone. At a point that names a write or
 * flush (`…-write`, `flush`), the engine delays that I/O and submits it just before the calibrated time of the power
 * loss.
 */
import type { CutPoint } from '../replication/cutpoint/cutPoint.js';
import type { CutSpec } from './resolved.js';

export interface CutPointFacts {
  /**
   * True: the engine halts in the named state. False: it submits the named I/O just before the calibrated power loss.
   */
  held: boolean;
  during: CutSpec['during'];
  /** Rules of the design, as reports cite them. */
  rules: string;
  /** One line. */
  about: string;
}

export const CUT_POINTS: Record<CutPoint, CutPointFacts> = {
  'log-write': {
    held: false,
    during: 'load',
    rules: 'R2, R3',
    about: 'a log commit with evidence is submitted, its data is not',
  },
  'evidence-durable': {
    held: true,
    during: 'load',
    rules: 'R2',
    about: 'the evidence of an update is durable, none of its data is submitted',
  },
  'primary-only': {
    held: true,
    during: 'load',
    rules: 'R4',
    about: 'an update has completed on P and is not submitted to S',
  },
  'secondary-only': {
    held: true,
    during: 'load',
    rules: 'R4',
    about: 'an update has completed on S and is not submitted to P',
  },
  'both-completed': {
    held: true,
    during: 'load',
    rules: 'R4',
    about: 'an update has completed on P and on S, no flush behind it is submitted',
  },
  flush: { held: false, during: 'load', rules: 'R4', about: 'a flush of P or S is submitted' },
  'release-write': {
    held: false,
    during: 'load',
    rules: 'R5, R6, R7',
    about: 'a log commit that releases regions or completes transactions is submitted',
  },
  'release-durable': {
    held: true,
    during: 'load',
    rules: 'R4, R5, I1',
    about:
      'such a commit is durable, nothing is submitted since: the regions that it released must be durable and equal on P and S',
  },
  'mark-write': {
    held: false,
    during: 'load',
    rules: 'R9',
    about: 'S counts as lost, the indicator page with its regions is submitted',
  },
  'mark-copies': {
    held: true,
    during: 'load',
    rules: 'R9, R12',
    about: 'S counts as lost, one copy of the page with its regions is durable, the other is stale',
  },
  'copy-read': { held: true, during: 'resync', rules: 'R10', about: 'a region is read from P and not written to S' },
  'copy-durable': {
    held: true,
    during: 'resync',
    rules: 'R10',
    about: 'a copy is durable on P and S, the indicator page that clears it is not submitted',
  },
  'clear-write': {
    held: false,
    during: 'resync',
    rules: 'R10',
    about: 'the indicator page that clears copied regions is submitted',
  },
  'clear-copies': {
    held: true,
    during: 'resync',
    rules: 'R10, R12',
    about: 'one copy of the page is cleared durably, the other still has the regions dirty',
  },
  'clear-durable': {
    held: true,
    during: 'resync',
    rules: 'R10, I1',
    about:
      'regions are cleared durably in both copies, nothing is submitted since: they must be durable and equal on P and S',
  },
  'dirty-read': {
    held: true,
    during: 'recovery',
    rules: 'R11',
    about: 'D is read, nothing of it is written to the indicator area',
  },
  'dirty-write': {
    held: false,
    during: 'recovery',
    rules: 'R11',
    about: 'the first write of a recovery is submitted: D to the indicator area, or the new start of the log',
  },
};

export const CUT_POINT_NAMES = Object.keys(CUT_POINTS) as [CutPoint, ...CutPoint[]];

/** For editors: all points, one on each line. */
export function describeCutPoints(): string {
  const lines = CUT_POINT_NAMES.map((name) => {
    const { during, rules, about } = CUT_POINTS[name];
    return `${name}: (${during}; ${rules}) ${about}.`;
  });
  return ['The moment of the protocol at which the cut comes; default: none, the cut comes at `after`.', ...lines].join(
    '\n',
  );
}
