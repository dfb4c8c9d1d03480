/** The names of the cut points. */

/** Moments of the protocol at which a cut can be aimed; `src/rig/cutPoints.ts` describes each. */
export type CutPoint =
  | 'evidence-durable'
  | 'log-write'
  | 'primary-only'
  | 'secondary-only'
  | 'both-completed'
  | 'flush'
  | 'release-write'
  | 'release-durable'
  | 'mark-write'
  | 'mark-copies'
  | 'copy-read'
  | 'copy-durable'
  | 'clear-write'
  | 'clear-copies'
  | 'clear-durable'
  | 'dirty-read'
  | 'dirty-write';
