/**
 * What the core asks of the world. Effects are handed over in order while an input is taken; the receiver only notes
 * them down (it must not call back into the core) and performs them afterwards.
 */
import type { DeviceIndex } from './devices.js';

export type Answer =
  /** Acknowledged: durable on P, and durable on S or durably marked for resync. */
  | 'ok'
  /** Not obtained or not written: no evidence can be made, or P is gone. The areas were not touched for it. */
  | 'refused'
  /**
   * It was submitted, and P did not confirm it or its regions could not be marked durably any more: the old or the new
   * data may be on P and on S.
   */
  | 'failed';

export interface CoreEffects {
  /** Write the update in `slot` to the area. Evidence for it is durable (R2). */
  submitWrite(slot: number, area: DeviceIndex): void;
  /**
   * Read the region of `slot` from P and write it to S (R10). Report each end with `completed` when it is over, and with
   * `copyAwaits` which area is asked next, so that the one that does not answer is the one that is given up.
   */
  submitCopy(slot: number): void;
  submitFlush(device: DeviceIndex): void;
  /** Write commit `index` (see TransactionLog.commit) to both copies of the ring; report once with `logWritten`. */
  writeLog(index: number): void;
  /** Write the group's page as the persisted map says *now* to copy 0 or 1; report with `pageWritten`. */
  writePage(group: number, copy: number): void;
  /** Tell the application. Comes exactly once per update that `obtain` has taken. */
  answer(slot: number, answer: Answer): void;
  /** The slot and its data buffer may be used again. */
  free(slot: number): void;
}
