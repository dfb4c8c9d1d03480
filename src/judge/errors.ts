/** What can go wrong in the judge itself; a fault of the device under test is never an error here. */
import { PlugpullError } from '../base/plugpullError.js';

export type JudgeErrorCode =
  /** The I/O layer reported something that cannot have happened (completion of a write never issued, …). */
  | 'HISTORY_MISFED'
  /** A range is not made of whole 4 KiB blocks of the area. */
  | 'HISTORY_RANGE'
  /** A history file is not one, is of another version, or a record fails its CRC. */
  | 'HISTORY_LOG_BAD';

export class JudgeError extends PlugpullError<JudgeErrorCode> {}
