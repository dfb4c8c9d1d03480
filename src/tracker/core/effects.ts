/**
 * The effects of the core: what its caller has to perform. The core calls them in order while it takes an input. The
 * receiver only records them, must not call back into the core, and performs them afterwards.
 *
 * An effect carries everything that is needed to perform it: the receiver reads nothing else of the core. Offsets are
 * bytes from the start of an area. `slot` names the update or copy until `free`; `slotIndex` turns it into an array
 * index.
 */
import type { DeviceIndex, StorageAreaIndex } from './devices.js';
import type { IndicatorMap } from './indicatorMap.js';
import type { LogCommit } from './transactionLog.js';

export type Answer =
  /** Acknowledged: durable on P, and durable on S or durably marked for resync. */
  | 'ok'
  /** Not obtained or not submitted: no evidence can be made, or P is lost. Nothing was written for it. */
  | 'refused'
  /**
   * Submitted, but P did not make it durable, or the journal was lost before its regions were marked: P and S each hold
   * the old or the new data.
   */
  | 'failed';

export interface CoreEffects {
  /** Write the update to the area. Its evidence is durable (R2). P comes before S. Report with `completed`. */
  submitWrite(
    slot: number,
    area: DeviceIndex,
    updateId: number,
    transactionId: number,
    offsetBytes: number,
    lengthBytes: number,
  ): void;
  /**
   * Read this part of P and write it to S (R10). Report with `completed` when the reads from P and when the writes to S
   * are over. Report each change of area with `copyAwaits`, so that a timeout is charged to the area that hangs.
   */
  submitCopy(slot: number, updateId: number, offsetBytes: number, lengthBytes: number): void;
  /**
   * Whether a flush of the area pays now, or waiting for more of the writes in flight pays more. Only latency and the
   * number of flushes follow from the answer: the rules hold with any. `uncovered`: completed writes that it would
   * cover; `inFlight`: writes that it would not cover, at least one.
   */
  flushPays(area: StorageAreaIndex, uncovered: number, inFlight: number): boolean;
  /** Report with `flushed`. */
  submitFlush(device: DeviceIndex): void;
  /**
   * Write the commit to both copies of the ring; report once with `logWritten`. The core does not change it until then.
   */
  writeLog(commit: LogCommit): void;
  /** Write the group's page, with the bits that `awaiting` has *now*, to copy 0 or 1; report with `pageWritten`. */
  writePage(group: number, copy: number, awaiting: IndicatorMap): void;
  /** Answer the application: exactly once for each update that `obtain` has taken. */
  answer(slot: number, answer: Answer, updateId: number, offsetBytes: number, lengthBytes: number): void;
  /** The slot and its data buffer may be used again. */
  free(slot: number): void;
}
