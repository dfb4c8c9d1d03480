/**
 * The judge's history of a worker, written to the run directory as it grows. It outlives engines: after a cut a new
 * engine starts, and the judge still knows what the devices had promised.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WriteHistory } from '../judge/history.js';
import { HistoryRecorder } from '../judge/historyRecorder.js';
import { EngineError } from './errors.js';
import type { EngineSpec } from './port.js';

const FILE_NAME = 'history.bin';

export class HistoryFile {
  recorder: HistoryRecorder | null = null;
  private file: number | null = null;

  /** Begins the history, or goes on with it. @throws EngineError ENGINE_DEVICE when the areas are not those it is of. */
  open(spec: EngineSpec, usableBytes: number): void {
    if (this.recorder !== null) {
      const { runId, usableBytes: before } = this.recorder.history;
      if (before === usableBytes && runId === spec.runId) return;
      throw new EngineError(
        'ENGINE_DEVICE',
        `the areas now have ${usableBytes} usable bytes in run ${spec.runId}; the history is of ${before} bytes in run ${runId}`,
      );
    }
    if (spec.historyDir === null) return;
    mkdirSync(spec.historyDir, { recursive: true, mode: 0o700 });
    const path = join(spec.historyDir, FILE_NAME);
    const file = openSync(path, 'wx', 0o600);
    this.file = file;
    const history = new WriteHistory({ usableBytes, runId: spec.runId, base: 'unknown' });
    this.recorder = new HistoryRecorder(history, (bytes) => writeAll(file, bytes, path));
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
    this.recorder = null;
  }
}

/** @throws EngineError ENGINE_HISTORY */
function writeAll(file: number, bytes: Uint8Array, path: string): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  } catch (error) {
    const { message } = error as Error;
    throw new EngineError('ENGINE_HISTORY', `${path} can't be written (${message}): every write of a run is kept there. Free some space, or use --out`, { path });
  }
}
