import { PlugpullError } from '../../base/plugpullError.js';

export type JournalErrorCode =
  /** A whole superblock, but of another rig or made for other sizes. */
  | 'WRONG_JOURNAL'
  /** The device is too small for log and indicator area. */
  | 'JOURNAL_TOO_SMALL'
  | 'OTHER_VERSION';

/** Refusals of the journal: the value, the rule, the next step. Damage is never an error here: it makes dirty (R12). */
export class JournalError extends PlugpullError<JournalErrorCode> {}
