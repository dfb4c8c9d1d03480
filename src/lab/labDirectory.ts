/**
 * A lab's directory, its files, and the state that the lab process writes there. Each lab has one, for its owner only:
 *
 *   /run/plugpull/lab-NAME/
 *     spec.json  state.json  lock  lab.log       the lab's description, and how the bench finds its devices
 *     disk-DISK -> /dev/loopN                    missing while the node has vanished
 *     tty-BOARD -> /dev/pts/N
 *     device/DISK                                the mounted virtual disk (the loop device's backing file)
 *     image/DISK                                 the durable bytes of the disk
 *     injected.jsonl  power.jsonl                injected faults and cuts; only tests read them
 */
import fs from 'node:fs';
import path from 'node:path';
import { LabError } from './errors.js';
import { checkName, type LabSpec } from './spec.js';

const STATE_DIR_DEFAULT = '/run/plugpull';

export interface LabPaths {
  name: string;
  dir: string;
  spec: string;
  state: string;
  lock: string;
  log: string;
  injected: string;
  power: string;
  deviceDir: string;
  imageDir: string;
  /** The file that the loop device shows as its backing file. */
  device(disk: string): string;
  image(disk: string): string;
  diskLink(disk: string): string;
  ttyLink(board: string): string;
}

function stateBasePath(): string {
  return process.env['PLUGPULL_STATE_DIR'] ?? STATE_DIR_DEFAULT;
}

/** False: no lab exists. A query must not create the directory. */
export function hasStateBase(): boolean {
  return fs.existsSync(stateBasePath());
}

/** The directory of all labs; created if missing. Without symlinks, because the kernel shows backing files that way. */
function stateBase(): string {
  const base = stateBasePath();
  try {
    makeDirectory(base);
    return fs.realpathSync(base);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LabError(
      'LAB_NO_PERMISSION',
      `state directory ${base}: creation failed (${code}). Run as root, or set PLUGPULL_STATE_DIR to another directory.`,
      { base, code },
    );
  }
}

/**
 * Like `mkdir -p`: that of Node 20 never returns where a file system refuses directories with ENOENT, as /proc does.
 */
function makeDirectory(dir: string): void {
  if (fs.existsSync(dir)) return;
  const parent = path.dirname(dir);
  if (parent !== dir) makeDirectory(parent);
  try {
    fs.mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process created it
  }
}

export function labPaths(name: string): LabPaths {
  checkName('lab', name);
  return pathsIn(path.join(stateBase(), `lab-${name}`), name);
}

/** For the lab process, which gets the directory as an argument. */
export function pathsIn(dir: string, name: string): LabPaths {
  const at = (...parts: string[]): string => path.join(dir, ...parts);
  return {
    name,
    dir,
    spec: at('spec.json'),
    state: at('state.json'),
    lock: at('lock'),
    log: at('lab.log'),
    injected: at('injected.jsonl'),
    power: at('power.jsonl'),
    deviceDir: at('device'),
    imageDir: at('image'),
    device: (disk) => at('device', disk),
    image: (disk) => at('image', disk),
    diskLink: (disk) => at(`disk-${disk}`),
    ttyLink: (board) => at(`tty-${board}`),
  };
}

export interface LabDiskState {
  /** `/dev/loopN` now; null while the node has vanished. May be another number after a cut. */
  loop: string | null;
  /** The loop device's backing file: the disk's stable identity. */
  backingFile: string;
  /** A symlink to the loop device; missing while the node has vanished. */
  node: string;
}

export interface LabBoardState {
  /** A symlink to the pty; it stays the same until the lab ends. */
  tty: string;
}

/** state.json: written when the lab is complete, and again when a node changes. */
export interface LabState {
  name: string;
  pid: number;
  stateDir: string;
  disks: Record<string, LabDiskState>;
  boards: Record<string, LabBoardState>;
}

/** Descriptor on which the lab process reports once to its starter that it is ready, or why it is not. */
export const READY_FD = 3;
/**
 * Descriptor of the lab's lock. The starter takes it and passes it on, so that the lab is locked from the first moment.
 */
export const LOCK_FD = 4;

/** null: no lab has written one yet. */
export function readState(path: string): LabState | null {
  return readJson<LabState>(path);
}

export function readSpec(path: string): LabSpec | null {
  return readJson<LabSpec>(path);
}

function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(fs.readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}
