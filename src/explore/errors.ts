import { PlugpullError } from '../base/plugpullError.js';

export type ExploreErrorCode =
  /** The file is not a trace, or cannot be read. */
  | 'BAD_TRACE'
  | 'UNKNOWN_MUTANT'
  /** The explorer has no model for what the engine does. */
  | 'NOT_MODELLED';

export class ExploreError extends PlugpullError<ExploreErrorCode> {}
