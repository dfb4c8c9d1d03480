/** Kinds of random lives, by what may go wrong in them; weights beside those of randomRun.ts. */
import type { scenario } from './randomRun.js';

export const LIVES: Record<string, Parameters<typeof scenario>[0]> = {
  'writes alone': { loseSecondary: 0, attach: 0, giveUpAll: 0, longTick: 0, resync: 0 },
  'writes beside resync': { loseSecondary: 0, attach: 0, giveUpAll: 0, longTick: 0 },
  'loss of S': { longTick: 0 },
  timeouts: { longTick: 4 },
  'loss of P': { losePrimary: 0.3, fail: 1, longTick: 1 },
  'loss of the journal': { loseJournal: 0.3, fail: 1 },
};
