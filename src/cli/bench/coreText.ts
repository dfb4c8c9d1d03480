/** What `bench core` says to a person. */
import type { CoreBenchResult, SizeResult } from './coreBench.js';
import { formatTable, number, ratio, withSpread } from './table.js';

export function formatCore(result: CoreBenchResult): string {
  const { regionCount, inFlight, rounds } = result.options;
  return [
    formatTable(
      `obtain + acknowledge, pairs per second: ${power(regionCount)} regions, ${power(inFlight)} updates in flight, medians of ${rounds} rounds`,
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
    '  sets alone: update sets and indicators only, which is what the Map of Sets does.',
    '',
    formatTable('memory (typed arrays)', ['', 'bytes'], [
      ['per region', number(result.memory.bytesPerRegion)],
      ['per update in flight, sets alone', number(result.memory.setsBytesPerUpdateInFlight)],
      ['per update in flight', number(result.memory.bytesPerUpdateInFlight)],
      ...Object.entries(result.memory.bytesPerUpdateByPart).map(([part, bytes]) => [`  ${part}`, number(bytes)]),
    ]),
    '',
    sizes(`cost as regions grow, ${result.byRegions[0]?.inFlight} in flight, random`, 'regions', result.byRegions, (s) => s.regionCount),
    '',
    sizes(`cost as updates in flight grow, ${power(regionCount)} regions, random`, 'in flight', result.byInFlight, (s) => s.inFlight),
  ].join('\n');
}

function sizes(title: string, what: string, results: readonly SizeResult[], sizeOf: (s: SizeResult) => number): string {
  const least = Math.min(...results.map((s) => s.nanosecondsPerPair.median));
  const rows = results.map((s) => [power(sizeOf(s)), withSpread(s.nanosecondsPerPair), number(s.nanosecondsPerPair.median / least)]);
  return formatTable(title, [what, 'ns per pair', '/ least'], rows);
}

function power(n: number): string {
  const exponent = Math.log2(n);
  return Number.isInteger(exponent) ? `2^${exponent}` : String(n);
}
