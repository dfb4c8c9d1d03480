/**
 * The one error class. Each room derives its own from it, with its own codes, so that a caller can tell rooms apart by
 * class and failures by code, and never by a message.
 */

/**
 * `code` is stable: callers and exit codes switch on it. `message` says what failed, with which value, against which
 * limit, and the next step. `context` holds the values that the message names.
 */
export class PlugpullError<
  Code extends string = string,
  Context extends object = Readonly<Record<string, unknown>>,
> extends Error {
  readonly code: Code;
  readonly context: Context;

  constructor(code: Code, message: string, context: Context = {} as Context, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.context = context;
  }
}

/** A command's own complaint about its arguments. */
export class UsageError extends PlugpullError<'USAGE'> {
  constructor(message: string) {
    super('USAGE', message);
  }
}

/** Errors of the host itself: they say nothing of a device. Numbers of Linux (asm-generic/errno-base.h), every architecture's. */
const EPERM = 1;
const EINTR = 4;
const EAGAIN = 11;
const ENOMEM = 12;
const EACCES = 13;
const EBUSY = 16;
const ENFILE = 23;
const EMFILE = 24;
const HOSTS_OWN: readonly number[] = [EAGAIN, EBUSY, EINTR, EMFILE, ENFILE, ENOMEM, EPERM, EACCES];

/** `errno`: positive. */
export function isHostsOwn(errno: number): boolean {
  return HOSTS_OWN.includes(errno);
}
