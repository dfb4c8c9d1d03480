/** What the disks counted of a cut, from their counters before and after it (pure). */
import { AREA_NAMES, type AreaName } from '../../base/areas.js';
import type { PowerCounters } from '../../blockdev/powerCounters.js';

export interface CounterChange {
  area: AreaName;
  counter: 'unsafe shutdowns' | 'power cycles';
  before: number;
  after: number;
}

export type AreaCounters = Record<AreaName, PowerCounters | null>;

export function counterChanges(before: AreaCounters, after: AreaCounters): CounterChange[] {
  const fields = [
    ['unsafe shutdowns', 'unsafeShutdowns'],
    ['power cycles', 'powerCycles'],
  ] as const;
  return AREA_NAMES.flatMap((area) =>
    fields.flatMap(([counter, field]): CounterChange[] => {
      const [was, is] = [before[area]?.[field] ?? null, after[area]?.[field] ?? null];
      return was === null || is === null ? [] : [{ area, counter, before: was, after: is }];
    }),
  );
}

/**
 * For the record of a cut of `areas`. A counter that stood still makes an outage doubtful (a pulled link is not a pulled
 * plug), and is said; it disproves nothing, since not every disk counts at once.
 */
export function describeCounters(changes: readonly CounterChange[], areas: readonly AreaName[]): string[] {
  return changes
    .filter((change) => areas.includes(change.area))
    .map(({ area, counter, before, after }) =>
      after > before
        ? `${area} counted ${counter} ${before} → ${after}`
        : `${area} still counts ${after} ${counter}: its link or its power?`,
    );
}
