/** Where locks live: gone after a reboot, as the processes are that held them. `PLUGPULL_STATE_DIR` overrides it. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CampaignError, codeOf, textOf } from './errors.js';

const DEFAULT_STATE_DIR = '/run/plugpull';

/** Where it is, or would be. */
export function stateDirPath(env: NodeJS.ProcessEnv = process.env): string {
  return env.PLUGPULL_STATE_DIR ?? DEFAULT_STATE_DIR;
}

/** The directory, made when missing. @throws CampaignError STATE_DIR_NOT_WRITABLE */
export function stateDir(env: NodeJS.ProcessEnv = process.env): string {
  const dir = stateDirPath(env);
  try {
    makeDirectory(dir, 0o700);
  } catch (error) {
    throw new CampaignError(
      'STATE_DIR_NOT_WRITABLE',
      `${dir} can't be made (${textOf(error)}): locks need it; run as root or set PLUGPULL_STATE_DIR`,
      { dir },
      error,
    );
  }
  return dir;
}

// MERGED Makes a directory and what is missing above it. Node's own recursive mkdir never returns where a file system has no  place for new directories (/proc), so it is done step by step.
/** Modes apply to what is made. @throws the system's error: EACCES, ENOENT, ENOTDIR, … */
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
