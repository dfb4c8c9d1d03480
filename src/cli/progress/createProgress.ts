/** What a person sees while a campaign runs: a status block on a terminal, plain lines elsewhere, nothing with --json. */
import type { Progress } from './progress.js';
import { liveProgress } from './live.js';
import { plainProgress } from './plain.js';
import { sayOnStderr } from '../sayOnStderr.js';

export function createProgress(silent: boolean, out: NodeJS.WriteStream): Progress {
  if (silent) return { observer: {}, say: sayOnStderr, end: () => undefined };
  return out.isTTY && process.env.TERM !== 'dumb' ? liveProgress(out) : plainProgress((line) => out.write(`${line}\n`));
}
