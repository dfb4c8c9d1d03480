/**
 * The printed result of `bench core`, with the targets that the core was designed for. No test checks the targets,
 * because a busy host misses them.
 */
import type { CoreBenchmarkResult, OrderResult, SizeResult } from './coreBenchmark.js';
import { formatTable, number, ratio, withSpread } from './figures.js';
import type { Plot } from './plotDrawing.js';

export interface Target {
  what: string;
  /** At least, or at most. */
  bound: 'least' | 'most';
  limit: number;
  /** Measured: the core's update sets alone, and the complete core. */
  sets: number;
  core: number;
}

const TIMES_PLAIN_MIN = 10;
const PAIRS_IN_ORDER_MIN = 5e6;
const PAIRS_RANDOM_MIN = 3.5e6;
const BYTES_PER_REGION_MAX = 0.26;
const BYTES_PER_UPDATE_MAX = 64;

/** 1 PiB in regions of 1 MiB, with nothing in flight. */
const REGIONS_OF_A_PEBIBYTE = 2 ** 30;
const MEMORY_OF_A_PEBIBYTE_MAX = 280e6;

export function coreTargets({ orders, memory }: CoreBenchmarkResult): Target[] {
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

export function formatCore(result: CoreBenchmarkResult): string {
  const { regionCount, inFlight, rounds } = result.options;
  return [
    formatTable(
      `obtain + acknowledge, pairs per second of one core: ${power(regionCount)} regions, ${power(inFlight)} updates in flight, medians of ${rounds} rounds`,
      ['addresses, acks', 'core', 'sets alone', 'Map of Sets', 'core / Map', 'sets / Map'],
      result.orders.map((o) => [
        `${o.addresses}, ${o.acks}`,
        withSpread(o.pairsPerSecond.core),
        withSpread(o.pairsPerSecond.sets),
        withSpread(o.pairsPerSecond.plain),
        ratio(o.coreOverPlain),
        ratio(o.setsOverPlain),
      ]),
    ),
    '  core: the complete protocol (evidence through the log, order, acknowledgement, indicators), on devices that complete at once.',
    '  sets alone: update sets, indicators, and the order of updates in each region.',
    '  Map of Sets: Map<region, Set<update>>, and Map<update, region>, because an acknowledgement names its update only.',
    '',
    formatTable(
      'targets (set for the work that a Map of Sets also does: sets alone)',
      ['', 'target', 'sets alone', '', 'core', ''],
      coreTargets(result).map(targetRow),
    ),
    '',
    formatTable(
      'memory (typed arrays)',
      ['', 'bytes'],
      [
        ['per region', number(result.memory.bytesPerRegion)],
        ['per update in flight, sets alone', number(result.memory.setsBytesPerUpdateInFlight)],
        ['per update in flight', number(result.memory.bytesPerUpdateInFlight)],
        ...Object.entries(result.memory.bytesPerUpdateByPart).map(([part, bytes]) => [`  ${part}`, number(bytes)]),
      ],
    ),
    '',
    sizes(
      `cost as regions grow, ${result.byRegions[0]?.inFlight} in flight, random`,
      'regions',
      result.byRegions,
      (s) => s.regionCount,
    ),
    '',
    sizes(
      `cost as updates in flight grow, ${power(regionCount)} regions or one for each update, random`,
      'in flight',
      result.byInFlight,
      (s) => s.inFlight,
    ),
    '  The number of steps stays the same. The cost grows where the tables no longer fit into the processor cache.',
  ].join('\n');
}

function targetRow(target: Target): string[] {
  const { what, bound, limit, sets, core } = target;
  const said = (measured: number): string[] => [number(measured), isMet(target, measured) ? 'met' : 'not met'];
  return [what, `${bound === 'least' ? '≥' : '≤'} ${number(limit)}`, ...said(sets), ...said(core)];
}

function sizes(title: string, what: string, results: readonly SizeResult[], sizeOf: (s: SizeResult) => number): string {
  const kinds = ['core', 'sets'] as const;
  const least = kinds.map((kind) => Math.min(...results.map((s) => s.nanosecondsPerPair[kind].median)));
  const rows = results.map((s) => [
    power(sizeOf(s)),
    ...kinds.flatMap((kind, i) => [
      withSpread(s.nanosecondsPerPair[kind]),
      number(s.nanosecondsPerPair[kind].median / least[i]),
    ]),
  ]);
  return formatTable(title, [what, 'core, ns per pair', '/ least', 'sets, ns per pair', '/ least'], rows);
}

function power(n: number): string {
  const exponent = Math.log2(n);
  return Number.isInteger(exponent) ? `2^${exponent}` : String(n);
}

/** How the cost of an update grows with the number of regions. */
export function plotCore(result: CoreBenchmarkResult): Plot {
  const series = (name: string, kind: 'core' | 'sets') => ({
    name,
    values: result.byRegions.map((s) => s.nanosecondsPerPair[kind]),
  });
  return {
    title: 'Cost of an update in the core',
    subtitle: `random regions, ${result.byRegions[0]?.inFlight} updates in flight; ${result.options.rounds} rounds`,
    categories: result.byRegions.map((s) => power(s.regionCount)),
    xLabel: 'regions',
    yLabel: 'processor time, ns per update',
    scale: 'linear',
    shape: 'lines',
    series: [series('core', 'core'), series('update sets alone', 'sets')],
  };
}
