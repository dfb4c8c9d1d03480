export type JournalErrorCode =
  /** A whole superblock, but of another rig or made for other sizes. */
  | 'WRONG_JOURNAL'
  /** The device is too small for log and indicator area. */
  | 'JOURNAL_TOO_SMALL'
  | 'OTHER_VERSION';

/** Refusals of the journal: the value, the rule, the next step. Damage is never an error here: it makes dirty (R12). */
export class JournalError extends Error {
  readonly code: JournalErrorCode;
  readonly context: Record<string, string | number>;

  constructor(code: JournalErrorCode, message: string, context: Record<string, string | number> = {}) {
    super(message);
    this.name = 'JournalError';
    this.code = code;
    this.context = context;
  }
}
