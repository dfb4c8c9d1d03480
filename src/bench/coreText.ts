/** What `bench core` says to a person. */
import type { CoreBenchResult, SizeResult } from './coreBench.js';
import { coreTargets, isMet, type Target } from './coreTargets.js';
import { formatTable, number, ratio, withSpread } from './table.js';

export function formatCore(result: CoreBenchResult): string {
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
    '  core: the whole protocol (evidence through the log, order, acknowledgement, indicators) with devices that answer at once.',
    '  sets alone: update sets and indicators only, and the order of updates in their region; batches are fetched ahead.',
    '  Map of Sets: Map<region, Set<update>>, and Map<update, region>, for an acknowledgement names the update alone.',
    '',
    formatTable(
      'limits (set for what a Map of Sets does as well: sets alone)',
      ['', 'limit', 'sets alone', '', 'core', ''],
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
      `cost as updates in flight grow, ${power(regionCount)} regions, random`,
      'in flight',
      result.byInFlight,
      (s) => s.inFlight,
    ),
    '  A host whose cache the tables outgrow pays for the way to memory: that, not the number of steps, is what grows.',
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
