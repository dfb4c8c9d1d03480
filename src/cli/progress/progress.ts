/** What a person sees of a campaign while it runs. */
import type { CampaignObserver } from '../../campaign/observer.js';

export interface Progress {
  observer: CampaignObserver;
  /** A line for a person, on stderr or above the block. */
  say(text: string): void;
  /** Leaves the terminal as it was; idempotent. */
  end(): void;
}
