/**
 * `bench core`: the cost of an update in the pure core, compared with a plain Map of Sets in the same run, and how the
 * cost grows with the number of regions and of updates in flight. It reports figures and sets no limits.
 */
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import { type Contender, type Kind, UpdateStream, type StreamShape } from './contender.js';
import { CoreContender } from './coreContender.js';
import { coreMemory, type CoreMemory } from './coreMemory.js';
import type { CoreSize } from './coreConfig.js';
import { figureOf, ratioOf, type Figure, type Interruption } from './figures.js';
import { PlainContender, SetsContender } from './setContenders.js';

export interface CoreBenchmarkOptions extends CoreSize {
  /** For all measurements together; filling the contenders takes further time. */
  seconds: number;
  rounds: number;
}

type Order = Pick<StreamShape, 'addresses' | 'acks'>;

export interface OrderResult extends Order {
  pairsPerSecond: Record<Kind, Figure>;
  coreOverPlain: Figure;
  setsOverPlain: Figure;
}

export interface SizeResult extends CoreSize {
  nanosecondsPerPair: Record<'core' | 'sets', Figure>;
}

export interface CoreBenchmarkResult {
  schemaVersion: 2;
  bench: 'core';
  options: CoreBenchmarkOptions;
  orders: OrderResult[];
  memory: CoreMemory;
  byRegions: SizeResult[];
  byInFlight: SizeResult[];
}

const ORDERS: readonly Order[] = [
  { addresses: 'sequential', acks: 'in-order' },
  { addresses: 'random', acks: 'in-order' },
  { addresses: 'random', acks: 'random' },
];
const KINDS: Record<Kind, new (size: CoreSize, stream: UpdateStream) => Contender> = {
  core: CoreContender,
  sets: SetsContender,
  plain: PlainContender,
};
const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** So few that updates in flight seldom share a region, even with the fewest regions. */
const FEW_IN_FLIGHT = 64;
const REGION_COUNTS = [10, 14, 18, 20, 24, 28, 30].map((exponent) => 2 ** exponent);
const IN_FLIGHT_COUNTS = [0, 4, 8, 12, 16, 20].map((exponent) => 2 ** exponent);
const SIZE_COUNT = REGION_COUNTS.length + IN_FLIGHT_COUNTS.length;
/** `core` and `sets`. */
const KINDS_BY_SIZE = 2;
/** Updates between two readings of the clock. */
const PAIRS_PER_LOOK = 256;
/** Part of a slice that each contender runs before the first round, so that the JIT compiler has finished. */
const WARM_UP = 0.5;
/** Regions whose bits fill a memory page of 4 KiB. */
const REGIONS_PER_MEMORY_PAGE = 4096 * 8;
const SEED = 1;

export async function benchmarkCore(
  options: CoreBenchmarkOptions,
  { yieldToSignals, say }: Interruption,
): Promise<CoreBenchmarkResult> {
  const slices = options.rounds * (ORDERS.length * KIND_NAMES.length + SIZE_COUNT * KINDS_BY_SIZE);
  const sliceMs = (options.seconds * 1000) / slices;
  const orders: OrderResult[] = [];
  for (const order of ORDERS) {
    say(`${order.addresses} addresses, ${order.acks} acknowledgements`);
    orders.push(await measureOrder(order, options, sliceMs, yieldToSignals));
  }
  const sized = async (size: CoreSize): Promise<SizeResult> =>
    measureSize(size, options.rounds, sliceMs, yieldToSignals);
  say('sizes');
  const byRegions: SizeResult[] = [];
  for (const regionCount of REGION_COUNTS) byRegions.push(await sized({ regionCount, inFlight: FEW_IN_FLIGHT }));
  const byInFlight: SizeResult[] = [];
  // With many updates in one region, the core would be measured by the list of that region.
  for (const inFlight of IN_FLIGHT_COUNTS)
    byInFlight.push(await sized({ regionCount: Math.max(options.regionCount, inFlight), inFlight }));
  return { schemaVersion: 2, bench: 'core', options, orders, memory: coreMemory(), byRegions, byInFlight };
}

async function measureOrder(
  order: Order,
  size: CoreSize & { rounds: number },
  sliceMs: number,
  breathe: () => Promise<void>,
): Promise<OrderResult> {
  const contenders = KIND_NAMES.map((kind) => {
    const contender = new KINDS[kind](size, new UpdateStream({ ...order, regionCount: size.regionCount }, SEED));
    return { kind, contender, rounds: [] as number[] };
  });
  for (const { contender } of contenders) pairsPerSecond(contender, sliceMs * WARM_UP);
  for (let round = 0; round < size.rounds; round++) {
    for (const { contender, rounds } of contenders) {
      await breathe();
      rounds.push(pairsPerSecond(contender, sliceMs));
    }
  }
  const [core, sets, plain] = contenders.map((c) => c.rounds);
  return {
    ...order,
    pairsPerSecond: { core: figureOf(core), sets: figureOf(sets), plain: figureOf(plain) },
    coreOverPlain: ratioOf(core, plain),
    setsOverPlain: ratioOf(sets, plain),
  };
}

/**
 * Random addresses and acknowledgements have no locality. Both contenders run in each round, so that other load on the
 * host affects both.
 */
async function measureSize(
  size: CoreSize,
  roundCount: number,
  sliceMs: number,
  breathe: () => Promise<void>,
): Promise<SizeResult> {
  await breathe();
  const shape = { regionCount: size.regionCount, addresses: 'random', acks: 'random' } as const;
  const core = new CoreContender(size, new UpdateStream(shape, SEED));
  const sets = new SetsContender(size, new UpdateStream(shape, SEED));
  for (const map of [core.core.state.indicators, core.core.pages.awaiting, sets.sets.indicators]) touch(map);
  const measured = [core, sets].map((contender) => ({ contender, rounds: [] as number[] }));
  for (const { contender } of measured) pairsPerSecond(contender, sliceMs * WARM_UP);
  for (let round = 0; round < roundCount; round++) {
    await breathe();
    for (const { contender, rounds } of measured) rounds.push(1e9 / pairsPerSecond(contender, sliceMs));
  }
  return { ...size, nanosecondsPerPair: { core: figureOf(measured[0].rounds), sets: figureOf(measured[1].rounds) } };
}

/** Touches each memory page: the page faults of fresh memory are no cost of the core. */
function touch(map: IndicatorMap): void {
  for (let region = 0; region < map.regionCount; region += REGIONS_PER_MEMORY_PAGE) {
    map.set(region);
    map.clear(region);
  }
}

/** Per second of processor time of the process, garbage collection included. */
function pairsPerSecond(contender: Contender, forMs: number): number {
  const started = performance.now();
  const used = process.cpuUsage();
  let pairs = 0;
  do {
    contender.run(PAIRS_PER_LOOK);
    pairs += PAIRS_PER_LOOK;
  } while (performance.now() - started < forMs);
  const { user, system } = process.cpuUsage(used);
  return (pairs * 1e6) / Math.max(1, user + system);
}
