import { PlugpullError } from '../base/plugpullError.js';

export type ReplicationErrorCode =
  /** The command needs open devices, a recovered journal or a base pattern first. */
  | 'ENGINE_STATE'
  /** The device is not the one in the spec, is too small, or does not fit the other area. */
  | 'ENGINE_DEVICE'
  /** An area failed in a step that needs it. */
  | 'ENGINE_AREA_LOST'
  /** The history of the judge could not be written: it lacks answers of devices, so that nothing can be judged. */
  | 'ENGINE_HISTORY'
  /** The command was stopped before its end and has no partial result. */
  | 'ENGINE_STOPPED'
  /** The worker thread ended by itself. */
  | 'ENGINE_CRASHED';

/** An error of the worker: a code, and a message with the value, the rule and the next step. */
export class ReplicationError extends PlugpullError<ReplicationErrorCode> {}
