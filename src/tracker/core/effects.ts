/**
 * What the core asks of the world. Effects are handed over in order while an input is taken; the receiver only notes
 * them down (it must not call back into the core) and performs them afterwards.
 *
 * Each effect carries all that performing it needs: the receiver reads nothing else of the core. Offsets and lengths are
 * bytes from the start of an area. `slot` names the update or copy until `free`; `slotIndex` makes it an array's index.
 */
import type { DeviceIndex } from './devices.js';
import type { IndicatorMap } from './indicatorMap.js';
import type { LogCommit } from './transactionLog.js';

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
  /** Write the update to the area. Evidence for it is durable (R2). P comes before S. Report with `completed`. */
  submitWrite(
    slot: number,
    area: DeviceIndex,
    updateId: number,
    transactionId: number,
    offsetBytes: number,
    lengthBytes: number,
  ): void;
  /**
   * Read this part of P and write it to S (R10). Report each end with `completed` when it is over, and with `copyAwaits`
   * which area is asked next, so that the one that does not answer is the one that is given up.
   */
  submitCopy(slot: number, updateId: number, offsetBytes: number, lengthBytes: number): void;
  /** Report with `flushed`. */
  submitFlush(device: DeviceIndex): void;
  /** Write the commit to both copies of the ring; report once with `logWritten`. It stays as it is until then. */
  writeLog(commit: LogCommit): void;
  /** Write the group's page as `awaiting` says *now* to copy 0 or 1; report with `pageWritten`. */
  writePage(group: number, copy: number, awaiting: IndicatorMap): void;
  /** Answer the application. Comes exactly once per update that `obtain` has taken. */
  answer(slot: number, answer: Answer, updateId: number, offsetBytes: number, lengthBytes: number): void;
  /** The slot and its data buffer may be used again. */
  free(slot: number): void;
}
