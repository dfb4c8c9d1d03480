export type ExploreErrorCode =
  /** A trace file that can't be read as one. */
  | 'BAD_TRACE'
  | 'UNKNOWN_MUTANT'
  /** The explorer itself met something that it has no model for. */
  | 'NOT_MODELLED';

export class ExploreError extends Error {
  readonly code: ExploreErrorCode;
  readonly context: Record<string, string | number>;

  constructor(code: ExploreErrorCode, message: string, context: Record<string, string | number> = {}) {
    super(message);
    this.name = 'ExploreError';
    this.code = code;
    this.context = context;
  }
}
