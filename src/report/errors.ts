/** What can be wrong with a run directory that is read back. */
import { PlugpullError } from '../base/plugpullError.js';

export type ReportErrorCode =
  /** Not JSON, a missing or wrong field, another schema version. */
  'RUN_RECORD_BAD';

export class ReportError extends PlugpullError<ReportErrorCode> {}
