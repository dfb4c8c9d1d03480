/**
 * Memory of the core's state: the bytes of its typed arrays. Not counted: lists of short length (updates that wait for
 * a commit, writes that wait for a flush), and the fixed size of the log's commits.
 */
import { IndicatorPages } from '../tracker/core/indicatorPages.js';
import { CoreState } from '../tracker/core/state.js';
import { UpdateSets } from '../tracker/core/updateSets.js';
import { measuredCore } from './coreConfig.js';

export interface CoreMemory {
  bytesPerRegion: number;
  /** The part of the indicators; the rest is the state of the indicator area. */
  setsBytesPerRegion: number;
  bytesPerUpdateInFlight: number;
  /** The part of the update sets, which a Map of Sets would replace. */
  setsBytesPerUpdateInFlight: number;
  /** Parts: `slots`, `sets`, `held` (evidence by region), `holdings`, `transactions`. */
  bytesPerUpdateByPart: Record<string, number>;
}

const PER_UPDATE_PARTS = ['slots', 'sets', 'held', 'holdings', 'transactions'] as const;
/** Two sizes each: their difference excludes memory of fixed size. */
const REGIONS = [2 ** 20, 2 ** 24] as const;
const UPDATES = [2 ** 14, 2 ** 18] as const;

export function coreMemory(): CoreMemory {
  const perRegion = slope(REGIONS, (regionCount) => {
    const config = measuredCore({ regionCount, inFlight: 1 });
    return (
      typedBytes(new CoreState(config).indicators) + typedBytes(new IndicatorPages(regionCount, config.regionsPerGroup))
    );
  });
  const byPart = PER_UPDATE_PARTS.map((part) => {
    const bytes = slope(UPDATES, (inFlight) =>
      typedBytes(new CoreState(measuredCore({ regionCount: REGIONS[0], inFlight }))[part]),
    );
    return [part as string, bytes] as const;
  });
  return {
    bytesPerRegion: perRegion,
    setsBytesPerRegion: slope(REGIONS, (regionCount) => typedBytes(new UpdateSets(regionCount, 1, 1))),
    bytesPerUpdateInFlight: byPart.reduce((sum, [, bytes]) => sum + bytes, 0),
    setsBytesPerUpdateInFlight: slope(UPDATES, (inFlight) => typedBytes(new UpdateSets(1, inFlight, inFlight))),
    bytesPerUpdateByPart: Object.fromEntries(byPart),
  };
}

function slope([small, large]: readonly [number, number], bytesOf: (size: number) => number): number {
  return (bytesOf(large) - bytesOf(small)) / (large - small);
}

/** Bytes of all typed arrays that can be reached from `root`, each buffer counted once. */
function typedBytes(root: object): number {
  const seen = new Set<object>();
  const waiting: object[] = [root];
  let bytes = 0;
  for (let object = waiting.pop(); object !== undefined; object = waiting.pop()) {
    const counted = ArrayBuffer.isView(object) ? object.buffer : object;
    if (seen.has(counted)) continue;
    seen.add(counted);
    if (ArrayBuffer.isView(object)) bytes += object.buffer.byteLength;
    else
      for (const value of Object.values(object))
        if (typeof value === 'object' && value !== null) waiting.push(value as object);
  }
  return bytes;
}
