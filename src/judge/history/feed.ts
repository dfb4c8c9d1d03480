/**
 * What the I/O layer reports to the judge: every write, completion and flush, as the device answered it. The judge gets
 * no other input, so a replication engine that forgets a write cannot hide the loss.
 * Offsets and lengths are in bytes, multiples of 4096 except at the end of the area; update ids are 1 … 2^53-1.
 */
import type { StorageArea } from '../../base/areas.js';

/**
 * What the areas hold before the first update. `stamped`: the pattern of update 0. `unknown`: the judge accepts any
 * content of a block until the block is written.
 */
export type BaseContent = 'stamped' | 'unknown';

export interface HistoryFeed {
  /** Before the write is submitted to the area. Overlapping updates are never in flight together (R13). */
  issued(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number): void;
  /** A write without FUA was answered. Not ok: it may be on the medium or not, and the area's power epoch ends (R4). */
  completed(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number, ok: boolean): void;
  /** A write with FUA was answered without error: it must survive from now on. */
  durableCompleted(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number): void;
  /** Before a flush is submitted. Returns the token that identifies it in `flushCompleted`. */
  flushSubmitted(area: StorageArea): number;
  /** Ok: writes of this power epoch that had completed before its submission must survive. Not ok: the epoch ends. */
  flushCompleted(area: StorageArea, token: number, ok: boolean): void;
  /** The bench has cut the power of the area: its epoch ends. */
  powerLost(area: StorageArea): void;
  /** The engine acknowledged the update to the application. */
  answered(updateId: number, offsetBytes: number, lengthBytes: number): void;
  /** Resync is about to write P's content of the range to S. */
  copyIssued(offsetBytes: number, lengthBytes: number): void;
  /** The copy of the same range is durable on S. */
  copyDurable(offsetBytes: number, lengthBytes: number): void;
}
