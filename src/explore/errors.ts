import { PlugpullError } from '../base/plugpullError.js';

export type ExploreErrorCode =
  /** A trace file that can't be read as one. */
  | 'BAD_TRACE'
  | 'UNKNOWN_MUTANT'
  /** The explorer itself met something that it has no model for. */
  | 'NOT_MODELLED';

export class ExploreError extends PlugpullError<ExploreErrorCode> {}
