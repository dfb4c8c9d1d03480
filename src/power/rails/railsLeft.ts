/** What is known of rails that could not be switched on, and the words for it (pure). */

import type { RailState } from './railMap.js';

/** What this process has done to a rail: nothing, an `off` that its board confirmed, or one that may have arrived. */
export type RailDeed = 'untouched' | 'switched off' | 'perhaps switched off';

export interface RailNotOn {
  rail: string;
  error: unknown;
  /** As its board reads it now, where it can. */
  state: RailState;
  deed: RailDeed;
}

/** One sentence for all of them, each rail once; empty when there is none. */
export function railsLeft(failed: readonly Pick<RailNotOn, 'rail' | 'state' | 'deed'>[]): string {
  const isOff = failed.filter(({ state, deed }) => state === 'off' || (state === 'unknown' && deed === 'switched off'));
  const maybe = failed.filter((one) => !isOff.includes(one) && one.deed !== 'untouched');
  const unknown = failed.filter((one) => !isOff.includes(one) && !maybe.includes(one));
  const names = (rails: typeof isOff): string => rails.map(({ rail }) => rail).join(', ');
  return [
    ...(isOff.length === 0 ? [] : [`WITHOUT POWER: ${names(isOff)}`]),
    ...(maybe.length === 0 ? [] : [`perhaps WITHOUT POWER: ${names(maybe)} (an off was sent, an on could not be)`]),
    ...(unknown.length === 0
      ? []
      : [`state unknown: ${names(unknown)} (never switched off here, could not be switched on)`]),
  ].join('; ');
}
