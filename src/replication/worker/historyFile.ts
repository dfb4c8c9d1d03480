/**
 * The history of the judge, written to the run directory as it grows. It outlives the engine: after a cut a new engine
 * starts, and the judge still knows what the devices have answered.
 *
 *   history/cycle-000000.bin   records from the first cycle on
 *   history/cycle-000017.bin   a checkpoint of the history at the start of cycle 17, and the records since
 *
 * Promises: each file replays alone (judge/history/log.ts). A file is removed only when a later one is complete on the
 * disk: a bench that dies leaves complete files, and at worst a `.new` that no program reads.
 *
 * `HistoryRetention` decides which files stay (pure). A cycle starts a new file when the current one is long enough or
 * holds a failure. A closed file without a failure is removed once the file after it is closed without a failure too.
 * So a failure keeps the records of the cycles around it, and the size of all files is bounded:
 *
 *   … removed … │ passed, closed │ passed, being written          at least the length of one file before the present
 *               │ passed │ FAILED │ passed │                      kept around a failure
 */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WriteHistory } from '../../judge/history/history.js';
import { HistoryRecorder } from '../../judge/history/recorder.js';
import { ReplicationError } from '../errors.js';
import type { HistoryChange, KeepHistory, ReplicationSpec } from '../replicationEngine.js';

/**
 * Bytes of records after the checkpoint of a file; at least as many as the checkpoint has, so that checkpoints at most
 * double what is written.
 */
export const HISTORY_FILE_BYTES = 32 * 2 ** 20;
/** Failures whose records are kept, the first ones; with each its file and the files before and after it. */
export const KEPT_FAILURES_MAX = 16;

export interface HistoryFileRange {
  name: string;
  firstCycle: number;
  lastCycle: number;
  bytes: number;
  /** The file holds a cycle that did not pass. */
  isKept: boolean;
}

interface Current extends HistoryFileRange {
  checkpointBytes: number;
}

export class HistoryRetention {
  current: Current = rangeFrom(0, 0);
  private readonly keep: KeepHistory;
  private readonly fileBytes: number;
  private closed: HistoryFileRange[] = [];
  private failures = 0;

  constructor(keep: KeepHistory, fileBytes = HISTORY_FILE_BYTES) {
    this.keep = keep;
    this.fileBytes = fileBytes;
  }

  /** Returns whether `cycle` starts a new file. `bytes`: length of the current file. */
  cycleBegins(cycle: number, passed: boolean | null, bytes: number): boolean {
    const { current } = this;
    current.bytes = bytes;
    if (passed === null || this.keep !== 'failures') return false;
    current.lastCycle = cycle - 1;
    if (!passed && !current.isKept && this.failures < KEPT_FAILURES_MAX) {
      this.failures++;
      current.isKept = true;
    }
    return current.isKept || bytes - current.checkpointBytes >= Math.max(this.fileBytes, current.checkpointBytes);
  }

  nextName(cycle: number): string {
    return rangeFrom(cycle, 0).name;
  }

  /** The new file is complete with its checkpoint. Returns the files to remove. */
  opened(cycle: number, checkpointBytes: number): HistoryFileRange[] {
    this.closed.push(this.current);
    this.current = rangeFrom(cycle, checkpointBytes);
    const isPast = (i: number): boolean =>
      i + 1 < this.closed.length && !this.closed[i].isKept && !this.closed[i + 1].isKept;
    const past = this.closed.filter((_, i) => isPast(i));
    // The file after a kept one stays too.
    const removed = past.filter((file) => this.closed[this.closed.indexOf(file) - 1]?.isKept !== true);
    this.closed = this.closed.filter((file) => !removed.includes(file));
    return removed;
  }
}

function rangeFrom(cycle: number, checkpointBytes: number): Current {
  const name = `cycle-${String(cycle).padStart(6, '0')}.bin`;
  return { name, firstCycle: cycle, lastCycle: cycle, bytes: checkpointBytes, isKept: false, checkpointBytes };
}

interface OpenFile {
  fd: number;
  path: string;
  bytes: number;
}

export class HistoryFile {
  recorder: HistoryRecorder | null = null;
  private file: OpenFile | null = null;
  private retention: HistoryRetention | null = null;
  private dir = '';

  /**
   * Starts the history, or continues it. @throws ReplicationError ENGINE_DEVICE when the history belongs to other
   * areas, ENGINE_HISTORY
   */
  open(spec: ReplicationSpec, usableBytes: number): void {
    if (this.recorder !== null) {
      const { runId, usableBytes: before } = this.recorder.history;
      if (before === usableBytes && runId === spec.runId) return;
      throw new ReplicationError(
        'ENGINE_DEVICE',
        `the areas now have ${usableBytes} usable bytes in run ${spec.runId}; the history is of ${before} bytes in run ${runId}`,
      );
    }
    if (spec.historyDir === null) return;
    const history = new WriteHistory({ usableBytes, runId: spec.runId, base: 'unknown' });
    const keep = spec.keepHistory ?? 'all';
    if (keep === 'none') {
      this.recorder = new HistoryRecorder(history, () => undefined);
      return;
    }
    this.dir = spec.historyDir;
    this.retention = new HistoryRetention(keep, spec.historyFileBytes);
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    const file = create(join(this.dir, this.retention.current.name));
    this.file = file;
    this.recorder = new HistoryRecorder(history, (bytes) => append(file, bytes));
    this.check();
  }

  /**
   * A cycle starts. `passed`: the result of the cycle before; null before the first. Removes files that are not needed
   * any more. @throws ReplicationError ENGINE_HISTORY
   */
  beginCycle(cycle: number, passed: boolean | null): HistoryChange {
    const { recorder, retention, file } = this;
    if (recorder === null || retention === null || file === null) return { file: null, pruned: [] };
    recorder.drain();
    this.check();
    const isDue = retention.cycleBegins(cycle, passed, file.bytes);
    if (!isDue || !recorder.history.atRest) return { file: retention.current.name, pruned: [] };
    const next = this.continueIn(recorder, retention.nextName(cycle));
    const pruned = retention.opened(cycle, next.bytes);
    closeSync(file.fd);
    this.file = next;
    for (const { name } of pruned) rmSync(join(this.dir, name), { force: true });
    return {
      file: retention.current.name,
      pruned: pruned.map(({ firstCycle, lastCycle, bytes }) => ({ firstCycle, lastCycle, bytes })),
    };
  }

  /**
   * @throws ReplicationError ENGINE_HISTORY when a record could not be written: the history is incomplete from there
   * on.
   */
  check(): void {
    const failure = this.recorder?.failure ?? null;
    if (failure !== null) throw failure;
  }

  close(): void {
    this.recorder?.drain();
    if (this.file !== null) closeSync(this.file.fd);
    this.file = null;
    this.recorder = null;
    this.retention = null;
  }

  /** Writes the checkpoint before it gives the file its final name. */
  private continueIn(recorder: HistoryRecorder, name: string): OpenFile {
    const draft = join(this.dir, `${name}.new`);
    const file = create(draft);
    try {
      recorder.continueIn((bytes) => append(file, bytes));
      fsyncSync(file.fd);
      file.path = join(this.dir, name);
      renameSync(draft, file.path);
      syncDirectory(this.dir);
      return file;
    } catch (error) {
      closeSync(file.fd);
      rmSync(draft, { force: true });
      throw error instanceof ReplicationError ? error : unwritable(draft, error);
    }
  }
}

/** @throws ReplicationError ENGINE_HISTORY */
function create(path: string): OpenFile {
  try {
    return { fd: openSync(path, 'wx', 0o600), path, bytes: 0 };
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Appends all or nothing: the file never ends within a record. @throws ReplicationError ENGINE_HISTORY */
function append(file: OpenFile, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file.fd, bytes, at);
  } catch (error) {
    ftruncateSync(file.fd, file.bytes);
    throw unwritable(file.path, error);
  }
  file.bytes += bytes.length;
}

function syncDirectory(dir: string): void {
  const fd = openSync(dir, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

function unwritable(path: string, error: unknown): ReplicationError {
  const { message } = error as Error;
  return new ReplicationError(
    'ENGINE_HISTORY',
    `${path} can't be written (${message}): every write of a run is recorded there. Free some space, use --out, or write campaign.keepHistory: none`,
    { path },
  );
}
