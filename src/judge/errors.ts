/** Errors of the judge itself. A fault of the device under test is a result, never an error. */
import { PlugpullError } from '../base/plugpullError.js';

export type JudgeErrorCode =
  /** The I/O layer reported an event that cannot have happened (completion of a write never issued, …). */
  | 'HISTORY_MISFED'
  /** A range does not consist of complete 4 KiB blocks of the area. */
  | 'HISTORY_RANGE'
  /** The file is no history file or has an unknown version, or a record fails its CRC. */
  | 'HISTORY_LOG_BAD';

export class JudgeError extends PlugpullError<JudgeErrorCode> {}
