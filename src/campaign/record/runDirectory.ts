/**
 * The directory of a run, and its run id. Promises: it belongs to one run (0700, files 0600, no link is followed);
 * space and permission are checked before any hardware is touched; a file is either complete or absent (`cycles.jsonl`
 * and `events.jsonl` grow by complete lines).
 *
 * A file of ROOM_BYTES is reserved until the run has ended. On a full disk its space takes the last lines and reports.
 */
import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { randomInt } from 'node:crypto';
import { CampaignError, codeOf, textOf } from '../errors.js';
import { makeDirectory } from '../directories.js';

/** A run does not begin with less free space: history of a short load, and the reports. */
const ROOM_BYTES = 4 * 2 ** 20;

/** The reserved space; removed at the end of the run. */
const ROOM_FILE = '.room';

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const FILE_MODE = 0o600;
const DIR_MODE = 0o700;
/** `runs/` itself needs no protection; the umask applies. */
const PARENT_MODE = 0o777;

export interface LineFile {
  /** Writes one JSON value as one line, completely or not at all. `sync`: on disk before this returns or throws. */
  append(value: unknown, sync: boolean): void;
  /** Every appended line was written. */
  readonly isComplete: boolean;
  close(): void;
}

export class RunDirectory {
  readonly path: string;
  readonly historyDir: string;
  /** Directories that this made, innermost first. */
  private readonly made: string[] = [];

  private constructor(path: string) {
    this.path = path;
    this.historyDir = join(path, 'history');
  }

  /** `path` must not exist, or be empty. @throws CampaignError RUN_DIR_* */
  static create(path: string): RunDirectory {
    const full = resolve(path);
    const dir = new RunDirectory(full);
    guarded(full, () => {
      refuseUnfit(full);
      makeDirectory(dirname(full), PARENT_MODE);
      if (mkdirUnlessThere(full)) dir.made.unshift(full);
      try {
        keepRoom(join(full, ROOM_FILE));
        mkdirSync(dir.historyDir, { mode: DIR_MODE });
        dir.made.unshift(dir.historyDir);
      } catch (error) {
        dir.discard();
        throw error;
      }
    });
    return dir;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a complete file, replacing an earlier one. */
  write(name: string, text: string): void {
    const target = this.file(name);
    const draft = `${target}.new`;
    const bytes = Buffer.from(text, 'utf8');
    guarded(target, () => {
      rmSync(draft, { force: true });
      this.withRoom(
        () => writeNew(draft, bytes),
        () => rmSync(draft, { force: true }),
      );
      renameSync(draft, target);
    });
  }

  /** Files of the history, oldest first. A draft is left out: its bench died before it was complete. */
  historyFiles(): { name: string; bytes: number }[] {
    return guarded(this.historyDir, () => {
      const names = readdirSync(this.historyDir)
        .filter((name) => name.endsWith('.bin'))
        .sort();
      return names.map((name) => ({ name, bytes: lstatSync(join(this.historyDir, name)).size }));
    });
  }

  /** Called when the run has ended and its records are written. */
  freeRoom(): void {
    rmSync(this.file(ROOM_FILE), { force: true });
  }

  /** On a full disk, writes again into the reserved space. `undo` removes what the first attempt has left. */
  private withRoom(write: () => void, undo: () => void, then: 'go on' | 'end the run' = 'go on'): void {
    try {
      write();
    } catch (error) {
      undo();
      if (!isFull(error)) throw error;
      this.freeRoom();
      write();
      if (then === 'end the run') throw error;
    }
  }

  /**
   * For a run that was refused before it began: removes what it made. Foreign files stay, and then the directory too.
   */
  discard(): void {
    this.freeRoom();
    for (const name of ['run.json', 'rig.yaml', 'calibration.json', 'events.jsonl', 'cycles.jsonl'])
      rmSync(this.file(name), { force: true });
    for (const dir of this.made) removeIfEmpty(dir);
  }

  lines(name: string): LineFile {
    const target = this.file(name);
    const fd = guarded(target, () => openSync(target, NEW_FILE | constants.O_APPEND, FILE_MODE));
    let size = 0;
    let asked = 0;
    let written = 0;
    const write = (line: Buffer, sync: boolean): void => {
      writeAll(fd, line);
      if (sync) fsyncSync(fd);
      size += line.length;
      written += 1;
    };
    const undo = (): void => ftruncateSync(fd, size);
    return {
      get isComplete() {
        return written === asked;
      },
      append: (value, sync) =>
        guarded(target, () => {
          asked += 1;
          const line = Buffer.from(`${JSON.stringify(value)}\n`, 'utf8');
          if (sync) return this.withRoom(() => write(line, true), undo, 'end the run');
          try {
            write(line, false);
          } catch (error) {
            undo();
            throw error;
          }
        }),
      close() {
        closeSync(fd);
      },
    };
  }
}

/** `runs/2026-01-31T12-00-00Z-RIG-SEED`: sorts by time, and is a legal name on every file system. */
export function defaultRunPath(rigName: string, seed: number, wallMs: number): string {
  const stamp = new Date(wallMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  return join('runs', `${stamp}-${rigName}-${seed}`);
}

function refuseUnfit(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isSymbolicLink()) {
    throw new CampaignError(
      'RUN_DIR_LINK',
      `${path} is a symbolic link; a run needs a directory of its own: name another one with --out`,
      { path },
    );
  }
  if (!found.isDirectory() || readdirSync(path).length > 0) {
    throw new CampaignError(
      'RUN_DIR_NOT_EMPTY',
      `${path} exists and is not an empty directory; name another one with --out`,
      { path },
    );
  }
}

/** @returns false when the directory existed */
function mkdirUnlessThere(path: string): boolean {
  try {
    mkdirSync(path, { mode: DIR_MODE });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Writes the file instead of asking statfs, which knows no quotas. */
function keepRoom(file: string): void {
  try {
    writeNew(file, Buffer.alloc(ROOM_BYTES, 0x55));
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

function isFull(error: unknown): boolean {
  return codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT';
}

function writeNew(file: string, bytes: Buffer): void {
  const fd = openSync(file, NEW_FILE, FILE_MODE);
  try {
    writeAll(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

/** Turns a system error into one that names the file and the next step. */
function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof CampaignError) throw error;
    throw runDirError(path, error);
  }
}

/** The history is written by the engine, and fails as ENGINE_HISTORY. */
function runDirError(path: string, error: unknown): CampaignError {
  const code = codeOf(error);
  const full = isFull(error);
  return new CampaignError(
    full ? 'RUN_DIR_FULL' : 'RUN_DIR_NOT_WRITABLE',
    full
      ? `no space left for ${path} (a run needs ${ROOM_BYTES / 2 ** 20} MiB to start): free some space, or name another place with --out`
      : `${path} can't be written (${textOf(error)}); use --out`,
    { path, errno: code },
    error,
  );
}

/** `randomInt` takes ranges below 2^48: wide enough that two runs do not share a number. */
const RUN_ID_END = 2 ** 48 - 1;

/**
 * Random, 1 … 2^48 - 2; 0 means no run. Every stamp has it: it distinguishes the sectors of this run from earlier ones.
 */
export function newRunId(): number {
  return randomInt(1, RUN_ID_END);
}
