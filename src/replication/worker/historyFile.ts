/**
 * The judge's history of a worker, written to the run directory as it grows. It outlives engines: after a cut a new
 * engine starts, and the judge still knows what the devices had promised.
 *
 *   history/cycle-000000.bin   from the first cycle
 *   history/cycle-000017.bin   a checkpoint of what the devices owed as cycle 17 began, and everything since
 *
 * Promises: each file is replayed alone (historyLog.ts); one is removed only when a later one is complete on the disk, so
 * that a bench that dies leaves whole files, and at worst a `.new` that nobody reads. `shelf` says which are removed.
 */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WriteHistory } from '../../judge/history/history.js';
import { HistoryRecorder } from '../../judge/history/recorder.js';
import { ReplicationError } from '../errors.js';
import { HistoryShelf } from './historyShelf.js';
import type { ReplicationSpec, HistoryChange } from '../replicationEngine.js';

interface OpenFile {
  fd: number;
  path: string;
  bytes: number;
}

export class HistoryFile {
  recorder: HistoryRecorder | null = null;
  private file: OpenFile | null = null;
  private shelf: HistoryShelf | null = null;
  private dir = '';

  /** Begins the history, or goes on with it. @throws ReplicationError ENGINE_DEVICE when the areas are not those it is of, ENGINE_HISTORY. */
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
    this.shelf = new HistoryShelf(keep, spec.historyFileBytes);
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    const file = create(join(this.dir, this.shelf.current.name));
    this.file = file;
    this.recorder = new HistoryRecorder(history, (bytes) => append(file, bytes));
    this.check();
  }

  /**
   * A cycle begins; `passed`: how the one before it ended, null before the first. Records of cycles that passed may be
   * removed now. @throws ReplicationError ENGINE_HISTORY
   */
  beginCycle(cycle: number, passed: boolean | null): HistoryChange {
    const { recorder, shelf, file } = this;
    if (recorder === null || shelf === null || file === null) return { file: null, pruned: [] };
    recorder.drain();
    this.check();
    const isDue = shelf.cycleBegins(cycle, passed, file.bytes);
    if (!isDue || !recorder.history.atRest) return { file: shelf.current.name, pruned: [] };
    const next = this.continueIn(recorder, shelf.nextName(cycle));
    const pruned = shelf.opened(cycle, next.bytes);
    closeSync(file.fd);
    this.file = next;
    for (const { name } of pruned) rmSync(join(this.dir, name), { force: true });
    return {
      file: shelf.current.name,
      pruned: pruned.map(({ firstCycle, lastCycle, bytes }) => ({ firstCycle, lastCycle, bytes })),
    };
  }

  /** @throws ReplicationError ENGINE_HISTORY when a record could not be written: from there on the history is not complete. */
  check(): void {
    const failure = this.recorder?.failure ?? null;
    if (failure !== null) throw failure;
  }

  close(): void {
    this.recorder?.drain();
    if (this.file !== null) closeSync(this.file.fd);
    this.file = null;
    this.recorder = null;
    this.shelf = null;
  }

  /** A file under its final name has its whole checkpoint. */
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

/** All of it or nothing, so that the file ends with a whole record. @throws ReplicationError ENGINE_HISTORY */
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
