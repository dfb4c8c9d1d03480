/**
 * Errors of boards, ttys and rails, each with a stable `code` for programs. The message is for the operator: what was
 * sent, what came back and what to check. No program matches its text.
 */
import { PlugpullError } from '../base/plugpullError.js';
import { readable, toHex } from './hex.js';

export type PowerErrorCode =
  | 'BOARD_MUTE' // no answer
  | 'BOARD_GARBAGE' // an answer that the board's description does not contain
  | 'BOARD_REFUSED' // the board answered that it refuses the frame
  | 'BOARD_CONTRADICTS' // the read-back differs from the command
  | 'TTY_MISSING'
  | 'TTY_BUSY'
  | 'TTY_PERMISSION'
  | 'TTY_FAILED' // the tty was unplugged, or refuses its settings
  | 'COMMAND_FAILED' // a command of an `exec` board
  | 'BAD_BOARD_TYPE' // an unknown board type, or an invalid description
  | 'BAD_SPEC' // boards and rails that do not fit together
  | 'UNKNOWN_RAIL'
  | 'RIG_BROKEN' // the controller is latched: it cuts no rail any more
  | 'CLOSED';

/** The fields that apply to the error. */
export interface PowerErrorContext {
  board?: string;
  tty?: string;
  rail?: string;
  channel?: number;
  /** Bytes as upper-case hex pairs. */
  sentHex?: string;
  receivedHex?: string;
  expected?: string;
  timeoutMs?: number;
  holderPid?: number;
  holderName?: string;
  /** The holder reads the board once and releases the tty. */
  holderIsBrief?: boolean;
  restored?: string[];
  notRestored?: string[];
  /** Code of the error that caused this one. */
  causeCode?: PowerErrorCode;
}

export class PowerError extends PlugpullError<PowerErrorCode, PowerErrorContext> {}

export function isPowerError(error: unknown): error is PowerError {
  return error instanceof PowerError;
}

/** A frame that was sent to a board, and how messages show it. */
export interface SentFrame {
  board: string;
  sent: Uint8Array;
  /** Whether messages show the bytes as text. */
  inWords: { sent: boolean; received: boolean };
  /** `9600 8N1`. */
  line: string;
}

/** The board did not answer within `timeoutMs`. */
export function boardMute({ board, sent, inWords, line }: SentFrame, timeoutMs: number): PowerError {
  return new PowerError(
    'BOARD_MUTE',
    `board "${board}" did not answer "${readable(sent, inWords.sent)}" within ${timeoutMs} ms: check its supply, tty, type ` +
      `(plugpull relay test) and line settings (${line})`,
    { board, sentHex: toHex(sent), receivedHex: '', timeoutMs },
  );
}

/** The board sent bytes, but not those that its description expects. */
export function boardGarbage(
  { board, sent, inWords, line }: SentFrame,
  received: Uint8Array,
  expected: string,
): PowerError {
  return new PowerError(
    'BOARD_GARBAGE',
    `board "${board}" answered "${readable(received, inWords.received)}" to "${readable(sent, inWords.sent)}", expected ${expected}: ` +
      `check its board type, unit address and line settings (${line})`,
    { board, sentHex: toHex(sent), receivedHex: toHex(received), expected },
  );
}

/** The board answered with a refusal; `hint`: the likely reason, and what to check. */
export function boardRefused(
  { board, sent, inWords }: SentFrame,
  received: Uint8Array,
  hint: string,
  reason?: number,
): PowerError {
  const why = reason === undefined ? '' : ` with code ${reason}`;
  return new PowerError(
    'BOARD_REFUSED',
    `board "${board}" refused "${readable(sent, inWords.sent)}"${why} ("${readable(received, inWords.received)}"): ${hint}`,
    { board, sentHex: toHex(sent), receivedHex: toHex(received) },
  );
}
