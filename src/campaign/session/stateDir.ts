/** Where locks live: gone after a reboot, as the processes are that held them. `PLUGPULL_STATE_DIR` overrides it. */
import { CampaignError, textOf } from '../errors.js';
import { makeDirectory } from '../record/makeDirectory.js';

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
