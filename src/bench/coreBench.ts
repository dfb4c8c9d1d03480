/**
 * `bench core`: what the pure core takes for an update, beside a plain Map of Sets in the same run, and whether that
 * depends on how many regions there are or how many updates are in flight. Asserts nothing.
 */
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import type { Contender, Kind } from './contender.js';
import { CoreContender } from './coreContender.js';
import { coreMemory, type CoreMemory } from './coreMemory.js';
import type { CoreSize } from './coreConfig.js';
import { figureOf, ratioOf, type Figure } from './figures.js';
import type { Interruption } from './interruption.js';
import { PlainContender } from './plainContender.js';
import { SetsContender } from './setsContender.js';
import { UpdateStream, type StreamShape } from './stream.js';

export interface CoreBenchOptions extends CoreSize {
  /** For all measurements together; filling comes on top. */
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

export interface CoreBenchResult {
  schemaVersion: 2;
  bench: 'core';
  options: CoreBenchOptions;
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

/** With so few in flight even the fewest regions are seldom hit twice. */
const FEW_IN_FLIGHT = 64;
const REGION_COUNTS = [10, 14, 18, 20, 24, 28, 30].map((exponent) => 2 ** exponent);
const IN_FLIGHT_COUNTS = [0, 4, 8, 12, 16, 20].map((exponent) => 2 ** exponent);
const SIZE_COUNT = REGION_COUNTS.length + IN_FLIGHT_COUNTS.length;
/** The core, and its sets alone. */
const KINDS_BY_SIZE = 2;
/** Between two looks at the clock. */
const PAIRS_PER_LOOK = 256;
/** Of a contender's time in the first round, before anything counts: the compiler's share. */
const WARM_UP = 0.5;
/** One bit each, 4 KiB. */
const REGIONS_PER_MEMORY_PAGE = 4096 * 8;
const SEED = 1;

export async function benchCore(options: CoreBenchOptions, { breathe, say }: Interruption): Promise<CoreBenchResult> {
  const slices = options.rounds * (ORDERS.length * KIND_NAMES.length + SIZE_COUNT * KINDS_BY_SIZE);
  const sliceMs = (options.seconds * 1000) / slices;
  const orders: OrderResult[] = [];
  for (const order of ORDERS) {
    say(`${order.addresses} addresses, ${order.acks} acknowledgements`);
    orders.push(await measureOrder(order, options, sliceMs, breathe));
  }
  const sized = async (size: CoreSize): Promise<SizeResult> => measureSize(size, options.rounds, sliceMs, breathe);
  say('sizes');
  const byRegions: SizeResult[] = [];
  for (const regionCount of REGION_COUNTS) byRegions.push(await sized({ regionCount, inFlight: FEW_IN_FLIGHT }));
  const byInFlight: SizeResult[] = [];
  for (const inFlight of IN_FLIGHT_COUNTS) byInFlight.push(await sized({ regionCount: options.regionCount, inFlight }));
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

/** Random addresses, random acks: nothing is near what came before. Both at once, so that what shakes one shakes the other. */
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

/** The kernel's first faults on fresh memory are no cost of the core. */
function touch(map: IndicatorMap): void {
  for (let region = 0; region < map.regionCount; region += REGIONS_PER_MEMORY_PAGE) {
    map.set(region);
    map.clear(region);
  }
}

/** Per second of one core: processor time of the process, which includes what the garbage collector does beside. */
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
