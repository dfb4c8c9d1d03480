/** What can go wrong in the judge itself; a fault of the device under test is never an error here. */
export type JudgeErrorCode =
  /** The I/O layer reported something that cannot have happened (completion of a write never issued, …). */
  | 'HISTORY_MISFED'
  /** A range is not made of whole 4 KiB blocks of the area. */
  | 'HISTORY_RANGE'
  /** A history file is not one, is of another version, or a record fails its CRC. */
  | 'HISTORY_LOG_BAD';

export class JudgeError extends Error {
  readonly code: JudgeErrorCode;
  readonly context: Record<string, unknown>;

  constructor(code: JudgeErrorCode, message: string, context: Record<string, unknown> = {}) {
    super(message);
    this.name = 'JudgeError';
    this.code = code;
    this.context = context;
  }
}
