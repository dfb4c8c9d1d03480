/** What can be wrong with a run directory that is read back. */
export type ReportErrorCode =
  /** Not JSON, a missing or wrong field, another schema version. */
  'RUN_RECORD_BAD';

export class ReportError extends Error {
  readonly code: ReportErrorCode;
  readonly context: Record<string, unknown>;

  constructor(code: ReportErrorCode, message: string, context: Record<string, unknown> = {}) {
    super(message);
    this.name = 'ReportError';
    this.code = code;
    this.context = context;
  }
}
