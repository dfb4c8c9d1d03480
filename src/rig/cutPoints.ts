/**
 * Named cut points: the moments of the protocol at which a cut can be aimed, each with the rule that it strains.
 *
 *   obtain ─ log ─►│evidence-durable│─ write P, S ─►│primary-only, secondary-only│─►│both-completed│─ flush ─► ack ─ release
 *                  log-write                                                                 flush  release-write, release-durable
 *
 * At a point that names a state, the engine stops there until the power is gone. At one that names a write or flush
 * (`…-write`, `flush`), that I/O is held back and sent just before the power is expected to go, as calibrated.
 */
import type { CutPoint } from '../replication/cutpoint/cutPoint.js';
import type { CutSpec } from './resolved.js';

export interface CutPointFacts {
  /** The engine stops in the state named; otherwise the I/O named is sent just before the power goes, as calibrated. */
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
    about: 'a log commit with evidence is on its way, its data is not',
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
  flush: { held: false, during: 'load', rules: 'R4', about: 'a flush of P or S is on its way' },
  'release-write': {
    held: false,
    during: 'load',
    rules: 'R5, R6, R7',
    about: 'a log commit that releases regions or completes transactions is on its way',
  },
  'release-durable': {
    held: true,
    during: 'load',
    rules: 'R4, R5, I1',
    about:
      'such a commit is durable, nothing is submitted since: what it released must be durable and equal on P and S',
  },
  'mark-write': {
    held: false,
    during: 'load',
    rules: 'R9',
    about: 'S is taken as lost, the indicator page with its regions is on its way',
  },
  'mark-copies': {
    held: true,
    during: 'load',
    rules: 'R9, R12',
    about: 'S is taken as lost, one copy of the page with its regions is durable, the other is old',
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
    about: 'the indicator page that clears copied regions is on its way',
  },
  'clear-copies': {
    held: true,
    during: 'resync',
    rules: 'R10, R12',
    about: 'one copy of the page is cleared durably, the other still says dirty',
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
    about: 'the first write of a recovery is on its way: D to the indicator area, or the log begun anew',
  },
};

export const CUT_POINT_NAMES = Object.keys(CUT_POINTS) as [CutPoint, ...CutPoint[]];

/** For editors: all points, a line each. */
export function describeCutPoints(): string {
  const lines = CUT_POINT_NAMES.map((name) => {
    const { during, rules, about } = CUT_POINTS[name];
    return `${name}: (${during}; ${rules}) ${about}.`;
  });
  return ['The moment of the protocol at which the plug is pulled; left out: whenever `after` says.', ...lines].join(
    '\n',
  );
}
