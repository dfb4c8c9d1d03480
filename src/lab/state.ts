/** What a running lab says of itself (state.json): written when all of it is there, rewritten whenever a node changes. */
import fs from 'node:fs';
import type { LabSpec } from './spec.js';

export interface LabDiskState {
  /** `/dev/loopN` now; null while the node has vanished. May be another number after a cut. */
  loop: string | null;
  /** What the loop device names as its backing file: the disk's stable identity. */
  backingFile: string;
  /** A symlink to the loop device; missing while the node has vanished. */
  node: string;
}

export interface LabBoardState {
  /** A symlink to the pty, stable for the life of the lab. */
  tty: string;
}

export interface LabState {
  name: string;
  pid: number;
  stateDir: string;
  disks: Record<string, LabDiskState>;
  boards: Record<string, LabBoardState>;
}

/** Descriptor on which the lab process tells its starter, once, that it is ready or why not. */
export const READY_FD = 3;
/** Descriptor of the lab's lock, taken by the starter and handed down, so that at no time a coming lab looks like none. */
export const LOCK_FD = 4;

/** null: no lab has got so far as to write one. */
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
