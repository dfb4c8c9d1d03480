/** What a person sees while a campaign runs: a status block on a terminal, plain lines elsewhere, nothing with --json. */
import type { CampaignObserver } from '../campaign/observer.js';
import { liveProgress } from './progressLive.js';
import { plainProgress } from './progressPlain.js';
import { sayOnStderr } from './sayOnStderr.js';

export interface Progress {
  observer: CampaignObserver;
  /** A line for a person, on stderr or above the block. */
  say(text: string): void;
  /** Leaves the terminal as it was; idempotent. */
  end(): void;
}

export function createProgress(silent: boolean, out: NodeJS.WriteStream): Progress {
  if (silent) return { observer: {}, say: sayOnStderr, end: () => undefined };
  return out.isTTY && process.env.TERM !== 'dumb' ? liveProgress(out) : plainProgress((line) => out.write(`${line}\n`));
}
