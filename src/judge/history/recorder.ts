/**
 * Records a write history: a wrapper with the same feed that sends the bytes of fileFormat.ts to a sink.
 *
 * Promises: the bytes that the sink received, in order, replay to the same ledger. The feed does not throw the sink's
 * errors, because the caller must finish submitting its I/O: the error is in `failure`, and later records are
 * discarded. Not promised: that the last records reach the sink before `drain`.
 */
import type { StorageArea } from '../../base/areas.js';
import { BLOCK_BYTES } from '../../base/observation.js';
import { WriteHistory } from './history.js';
import type { BaseContent, HistoryFeed } from './feed.js';
import { checkpointOf } from './replay.js';
import {
  HISTORY_KIND,
  HISTORY_RECORD_BYTES,
  encodeHeader,
  encodeRecord,
  type HistoryKind,
  type HistoryRecord,
} from './fileFormat.js';

/** 64 KiB for each call of the sink: few calls, and few records are lost if the bench is killed. */
const BUFFERED_RECORDS = 1638;

export class HistoryRecorder implements HistoryFeed {
  readonly history: WriteHistory;
  /** The sink's error. The recorded bytes end before it. */
  failure: Error | null = null;
  private sink: (bytes: Uint8Array) => void;
  private readonly buffer = new Uint8Array(BUFFERED_RECORDS * HISTORY_RECORD_BYTES);
  private readonly view = new DataView(this.buffer.buffer);
  private used = 0;

  /** `history` must be empty. `sink` receives bytes to append; they are valid only until it returns. */
  constructor(history: WriteHistory, sink: (bytes: Uint8Array) => void) {
    this.history = history;
    this.sink = sink;
    this.writeHeader();
  }

  /**
   * Continues in another sink, which receives a checkpoint first. No I/O may be in flight.
   *
   * @throws the error of the new sink; the recorder then continues in the old one
   */
  continueIn(sink: (bytes: Uint8Array) => void): void {
    this.drain();
    const { sink: before, failure } = this;
    this.sink = sink;
    this.writeHeader();
    for (const record of checkpointOf(this.history)) this.put(record);
    this.drain();
    const refused = this.failure;
    if (refused === null || failure !== null) return;
    this.sink = before;
    this.failure = null;
    throw refused;
  }

  /** The devices were closed: I/O in flight is never reported as completed. */
  forgetInFlight(): void {
    this.history.forgetInFlight();
  }

  base(content: BaseContent = this.history.content): void {
    this.history.base(content);
    this.record(HISTORY_KIND.base, 'primary', 0, 0, 0, { ok: content === 'unknown' });
  }

  issued(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number): void {
    this.history.issued(area, updateId, offsetBytes, lengthBytes);
    this.record(HISTORY_KIND.issued, area, updateId, offsetBytes, lengthBytes);
  }

  completed(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number, ok: boolean): void {
    this.history.completed(area, updateId, offsetBytes, lengthBytes, ok);
    this.record(HISTORY_KIND.completed, area, updateId, offsetBytes, lengthBytes, { ok });
  }

  durableCompleted(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number): void {
    this.history.durableCompleted(area, updateId, offsetBytes, lengthBytes);
    this.record(HISTORY_KIND.durableCompleted, area, updateId, offsetBytes, lengthBytes);
  }

  flushSubmitted(area: StorageArea): number {
    const token = this.history.flushSubmitted(area);
    this.record(HISTORY_KIND.flushSubmitted, area, token, 0, 0);
    return token;
  }

  flushCompleted(area: StorageArea, token: number, ok: boolean): void {
    this.history.flushCompleted(area, token, ok);
    this.record(HISTORY_KIND.flushCompleted, area, token, 0, 0, { ok });
  }

  powerLost(area: StorageArea): void {
    this.history.powerLost(area);
    this.record(HISTORY_KIND.powerLost, area, 0, 0, 0);
  }

  answered(updateId: number, offsetBytes: number, lengthBytes: number): void {
    this.history.answered(updateId, offsetBytes, lengthBytes);
    this.record(HISTORY_KIND.answered, 'primary', updateId, offsetBytes, lengthBytes);
  }

  copyIssued(offsetBytes: number, lengthBytes: number): void {
    this.history.copyIssued(offsetBytes, lengthBytes);
    this.record(HISTORY_KIND.copyIssued, 'secondary', 0, offsetBytes, lengthBytes);
  }

  copyDurable(offsetBytes: number, lengthBytes: number): void {
    this.history.copyDurable(offsetBytes, lengthBytes);
    this.record(HISTORY_KIND.copyDurable, 'secondary', 0, offsetBytes, lengthBytes);
  }

  /** As WriteHistory.adopt. */
  adopt(area: StorageArea, firstBlock: number, observations: Float64Array): void {
    this.history.adopt(area, firstBlock, observations, (block, { durable, issued, damaged }) => {
      this.record(HISTORY_KIND.adopted, area, durable, block * BLOCK_BYTES, 0, { damaged, b: issued });
    });
  }

  /** Passes all bytes recorded so far to the sink. */
  drain(): void {
    if (this.used > 0) this.write(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private writeHeader(): void {
    const { runId, usableBytes, content } = this.history;
    this.write(encodeHeader({ runId, usableBytes, base: content }));
  }

  private write(bytes: Uint8Array): void {
    if (this.failure !== null) return;
    try {
      this.sink(bytes);
    } catch (error) {
      this.failure = error as Error;
    }
  }

  private record(
    kind: HistoryKind,
    area: StorageArea,
    a: number,
    offsetBytes: number,
    lengthBytes: number,
    more?: { ok?: boolean; damaged?: number; b?: number },
  ): void {
    const ok = more?.ok ?? false;
    const damaged = more?.damaged ?? 0;
    this.put({ kind, area, ok, damaged, a, offsetBytes, lengthBytes, b: more?.b ?? 0 });
  }

  private put(record: HistoryRecord): void {
    encodeRecord(this.buffer, this.view, this.used, record);
    this.used += HISTORY_RECORD_BYTES;
    if (this.used === this.buffer.length) this.drain();
  }
}
