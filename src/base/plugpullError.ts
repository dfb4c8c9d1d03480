/** The base class of errors, and the errors of the host that say nothing about a device. */

/**
 * A room that throws errors of its own derives their class, with its own codes, so that a caller distinguishes rooms by
 * class and failures by code. Nothing in the program compares messages.
 *
 * `code` is stable: callers and exit codes switch on it. `message` says what failed, the value, the limit or the
 * reason, and the command or edit that mends it. `context` may have the values that the message names.
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

/** The arguments of a command are invalid, or name a file that cannot be used. */
export class UsageError extends PlugpullError<'USAGE'> {
  constructor(message: string) {
    super('USAGE', message);
  }
}

// Error numbers of Linux on x86 and ARM.
const EPERM = 1;
const EINTR = 4;
const EAGAIN = 11;
const ENOMEM = 12;
const EACCES = 13;
const EBUSY = 16;
const ENFILE = 23;
const EMFILE = 24;
/** The kernel cancels an I/O that its io_uring could not start. No block driver reports this error. */
const ECANCELED = 125;
const HOSTS_OWN: readonly number[] = [EAGAIN, EBUSY, EINTR, EMFILE, ENFILE, ENOMEM, EPERM, EACCES, ECANCELED];

/**
 * Whether the error comes from the host (memory, permissions, limits) and says nothing about the device. `errno` > 0.
 */
export function isHostsOwn(errno: number): boolean {
  return HOSTS_OWN.includes(errno);
}
