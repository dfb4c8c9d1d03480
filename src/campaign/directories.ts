/**
 * Directories that the bench makes. Locks lie in the state directory: it is gone after a reboot, as are the processes
 * that held them. `PLUGPULL_STATE_DIR` overrides its place.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CampaignError, codeOf, textOf } from './errors.js';

const DEFAULT_STATE_DIR = '/run/plugpull';

/** The path, whether the directory exists or not. */
export function stateDirPath(env: NodeJS.ProcessEnv = process.env): string {
  return env.PLUGPULL_STATE_DIR ?? DEFAULT_STATE_DIR;
}

/** Makes the directory when it is missing. @throws CampaignError STATE_DIR_NOT_WRITABLE */
export function stateDir(env: NodeJS.ProcessEnv = process.env): string {
  const dir = stateDirPath(env);
  try {
    makeDirectory(dir, 0o700);
  } catch (error) {
    throw new CampaignError(
      'STATE_DIR_NOT_WRITABLE',
      `the state directory ${dir} can't be made (${textOf(error)}); run as root or set PLUGPULL_STATE_DIR`,
      { dir },
      error,
    );
  }
  return dir;
}

/**
 * Makes a directory and its missing parents, all with `mode`. Node's recursive mkdir never returns where a file system
 * allows no new directories (/proc), so each level is made by itself. @throws the system's error: EACCES, ENOTDIR, …
 */
export function makeDirectory(path: string, mode: number): void {
  const missing: string[] = [];
  for (let at = path; statSync(at, { throwIfNoEntry: false }) === undefined; at = dirname(at)) missing.unshift(at);
  for (const at of missing) {
    try {
      mkdirSync(at, { mode });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}
