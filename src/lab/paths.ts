/**
 * Where a lab keeps what, and how it is named. One directory a lab, only for its owner:
 *
 *   /run/plugpull/lab-NAME/
 *     spec.json  state.json  lock  lab.log       what runs, and how the bench finds it
 *     disk-DISK -> /dev/loopN                    gone while the node has vanished
 *     tty-BOARD -> /dev/pts/N
 *     device/DISK                                the mounted virtual disk (the loop device's backing file)
 *     image/DISK                                 what is durable on it
 *     injected.jsonl  power.jsonl                the truth, for tests
 */
import fs from 'node:fs';
import path from 'node:path';
import { LabError } from './errors.js';

const STATE_DIR_DEFAULT = '/run/plugpull';
/** Names become file names and labels. */
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

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

export function checkName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw new LabError(
    'LAB_BAD_NAME',
    `${what} name "${name}": 1 to 32 of a-z, 0-9 and -, not starting with -. Rename it.`,
    {
      what,
      name,
    },
  );
}

function stateBasePath(): string {
  return process.env['PLUGPULL_STATE_DIR'] ?? STATE_DIR_DEFAULT;
}

/** False: there is no directory of labs, and so no lab. For who may not make one by asking. */
export function hasStateBase(): boolean {
  return fs.existsSync(stateBasePath());
}

/** The directory of all labs, without symlinks: the kernel shows backing files that way. Made if it isn't there. */
function stateBase(): string {
  const base = stateBasePath();
  try {
    makeDirectory(base);
    return fs.realpathSync(base);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LabError(
      'LAB_NO_PERMISSION',
      `state directory ${base} can't be made (${code}). Run as root, or name another one with PLUGPULL_STATE_DIR.`,
      { base, code },
    );
  }
}

/** Like `mkdir -p`. Node 20's own never returns where a file system refuses new directories with ENOENT (/proc). */
function makeDirectory(dir: string): void {
  if (fs.existsSync(dir)) return;
  const parent = path.dirname(dir);
  if (parent !== dir) makeDirectory(parent);
  try {
    fs.mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // somebody was faster
  }
}

export function labPaths(name: string): LabPaths {
  checkName('lab', name);
  return pathsIn(path.join(stateBase(), `lab-${name}`), name);
}

/** The same from the directory itself (the lab process is given only that). */
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
