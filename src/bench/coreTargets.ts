/** What was asked of the core, beside what was measured: said in the output, tested nowhere, for a busy host misses it too. */
import type { CoreBenchResult, OrderResult } from './coreBench.js';

export interface Target {
  what: string;
  /** At least, or at most. */
  bound: 'least' | 'most';
  limit: number;
  /** Measured: the core's update sets, and the core as a whole. */
  sets: number;
  core: number;
}

const TIMES_PLAIN_MIN = 10;
const PAIRS_IN_ORDER_MIN = 5e6;
const PAIRS_RANDOM_MIN = 3.5e6;
const BYTES_PER_REGION_MAX = 0.26;
const BYTES_PER_UPDATE_MAX = 64;

/** 1 PiB of regions of 1 MiB, and nothing in flight. */
const REGIONS_OF_A_PEBIBYTE = 2 ** 30;
const MEMORY_OF_A_PEBIBYTE_MAX = 280e6;

export function coreTargets({ orders, memory }: CoreBenchResult): Target[] {
  const pairs = (o: OrderResult): Pick<Target, 'sets' | 'core'> => ({
    sets: o.pairsPerSecond.sets.median,
    core: o.pairsPerSecond.core.median,
  });
  const perOrder = orders.flatMap((o): Target[] => [
    {
      what: `pairs/s, ${o.addresses}, ${o.acks}`,
      bound: 'least',
      limit: o.acks === 'in-order' ? PAIRS_IN_ORDER_MIN : PAIRS_RANDOM_MIN,
      ...pairs(o),
    },
    {
      what: `times Map of Sets, ${o.addresses}, ${o.acks}`,
      bound: 'least',
      limit: TIMES_PLAIN_MIN,
      sets: o.setsOverPlain.median,
      core: o.coreOverPlain.median,
    },
  ]);
  const { bytesPerRegion, setsBytesPerRegion } = memory;
  return [
    ...perOrder,
    {
      what: 'bytes per region',
      bound: 'most',
      limit: BYTES_PER_REGION_MAX,
      sets: setsBytesPerRegion,
      core: bytesPerRegion,
    },
    {
      what: 'bytes for 1 PiB in regions of 1 MiB',
      bound: 'most',
      limit: MEMORY_OF_A_PEBIBYTE_MAX,
      sets: setsBytesPerRegion * REGIONS_OF_A_PEBIBYTE,
      core: bytesPerRegion * REGIONS_OF_A_PEBIBYTE,
    },
    {
      what: 'bytes per update in flight',
      bound: 'most',
      limit: BYTES_PER_UPDATE_MAX,
      sets: memory.setsBytesPerUpdateInFlight,
      core: memory.bytesPerUpdateInFlight,
    },
  ];
}

export function isMet(target: Target, measured: number): boolean {
  return target.bound === 'least' ? measured >= target.limit : measured <= target.limit;
}
