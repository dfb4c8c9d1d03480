/**
 * What can go wrong with power, told apart by a stable code. A program switches on `code`; the message is for a person
 * and says what was sent, what came back and what to try next. No message is ever matched on its text.
 */
import { PlugpullError } from '../base/plugpullError.js';

import { readable, toHex } from './hex.js';

export type PowerErrorCode =
  | 'BOARD_MUTE' // nothing came back
  | 'BOARD_GARBAGE' // something came back that the board's description does not know
  | 'BOARD_REFUSED' // the board answered that it will not do it
  | 'BOARD_CONTRADICTS' // the read-back differs from the command
  | 'TTY_MISSING'
  | 'TTY_BUSY'
  | 'TTY_PERMISSION'
  | 'TTY_FAILED' // the tty went away or refuses its settings
  | 'COMMAND_FAILED' // a command of an `exec` board
  | 'BAD_BOARD_TYPE' // a board description that is not one
  | 'BAD_SPEC' // boards and rails that do not fit together
  | 'UNKNOWN_RAIL'
  | 'RIG_BROKEN' // the latch: no cut any more
  | 'CLOSED';

/** Whatever of it is known. */
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
  /** The holder asks one question and is gone. */
  holderIsBrief?: boolean;
  restored?: string[];
  notRestored?: string[];
  /** Code of the failure behind this one. */
  causeCode?: PowerErrorCode;
}

export class PowerError extends PlugpullError<PowerErrorCode, PowerErrorContext> {}

export function isPowerError(error: unknown): error is PowerError {
  return error instanceof PowerError;
}

/** What was said to a board, and how messages show it. */
export interface Said {
  board: string;
  sent: Uint8Array;
  /** Bytes that are words are shown as such. */
  inWords: { sent: boolean; received: boolean };
  /** `9600 8N1`. */
  line: string;
}

/** Nothing came back within the time given. */
export function boardMute({ board, sent, inWords, line }: Said, timeoutMs: number): PowerError {
  return new PowerError(
    'BOARD_MUTE',
    `board "${board}" did not answer "${readable(sent, inWords.sent)}" within ${timeoutMs} ms: check its supply, tty, type ` +
      `(plugpull relay test) and line settings (${line})`,
    { board, sentHex: toHex(sent), receivedHex: '', timeoutMs },
  );
}

/** Bytes came back, but not the ones that the description expects. */
export function boardGarbage({ board, sent, inWords, line }: Said, received: Uint8Array, expected: string): PowerError {
  return new PowerError(
    'BOARD_GARBAGE',
    `board "${board}" answered "${readable(received, inWords.received)}" to "${readable(sent, inWords.sent)}", expected ${expected}: ` +
      `wrong board type, unit address or line settings (${line})?`,
    { board, sentHex: toHex(sent), receivedHex: toHex(received), expected },
  );
}

/** A well-formed answer that says no; `hint`: what that may mean for such a frame. */
export function boardRefused(
  { board, sent, inWords }: Said,
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
