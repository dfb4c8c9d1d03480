import { PlugpullError } from '../base/plugpullError.js';

export type ReplicationErrorCode =
  /** A command that needs open devices, a recovered journal or a base pattern came too early. */
  | 'ENGINE_STATE'
  /** The device is not what the spec says, too small, or unlike its partner. */
  | 'ENGINE_DEVICE'
  /** An area failed in a step that cannot go on without it. */
  | 'ENGINE_AREA_LOST'
  /** The judge's history could not be written: what devices answer is not known any more, and nothing can be judged. */
  | 'ENGINE_HISTORY'
  /** The command was stopped before its end and has no partial result. */
  | 'ENGINE_STOPPED'
  /** The worker thread died. */
  | 'ENGINE_CRASHED';

/** What the worker reports: a code, the value, the rule, the next step. */
export class ReplicationError extends PlugpullError<ReplicationErrorCode> {}
