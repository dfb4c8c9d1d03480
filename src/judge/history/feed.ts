/**
 * What the I/O layer tells the judge: every write, completion and flush, as the device answered it. The judge's
 * bookkeeping is fed with this and nothing else, so that an engine which forgets or misremembers can't hide it.
 * Offsets and lengths in bytes, multiples of 4096 (the very end of the area excepted); update ids 1 … 2^53-1.
 */
import type { StorageArea } from '../../base/areas.js';

/**
 * What the areas hold before the first update: the stamped pattern of update 0, or something the judge knows nothing
 * of, and therefore accepts until the block has been written.
 */
export type BaseContent = 'stamped' | 'unknown';

export interface HistoryFeed {
  /** Before the write is submitted to the area. Overlapping updates are never in flight together (R13). */
  issued(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number): void;
  /** A plain write answered. Not ok: it may have landed or not, and the power epoch of the area ends (R4). */
  completed(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number, ok: boolean): void;
  /** A write with FUA answered without error: it must survive from now on. */
  durableCompleted(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number): void;
  /** Before a flush is submitted; the token names it in `flushCompleted`. */
  flushSubmitted(area: StorageArea): number;
  /** Ok: what had completed before its submission, in the same power epoch, must survive. Not ok: the epoch ends. */
  flushCompleted(area: StorageArea, token: number, ok: boolean): void;
  /** The area lost power (counted, or cut by the bench): its epoch ends. */
  powerLost(area: StorageArea): void;
  /** The application was told that the update is done. */
  answered(updateId: number, offsetBytes: number, lengthBytes: number): void;
  /** Resync is about to write P's content of the range to S. */
  copyIssued(offsetBytes: number, lengthBytes: number): void;
  /** That copy, same range, is durable on S. */
  copyDurable(offsetBytes: number, lengthBytes: number): void;
}
