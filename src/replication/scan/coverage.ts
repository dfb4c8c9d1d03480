/**
 * What a pass over the areas has to read: all regions, or those that may have changed since every region was read last:
 * regions that were written or copied since, that are in D, and the neighbors of these. A share of the rest is read in
 * turn (scrub).
 *
 * Not found by a pass over the touched regions: damage elsewhere, such as a misdirected write or collateral damage far
 * away. The next full pass finds it, or the scrub when it gets there.
 */
import type { PassCoverage } from '../../judge/verdict/reports.js';
import { IndicatorMap } from '../../tracker/core/indicatorMap.js';
import type { RegionSet } from '../../tracker/core/regionSet.js';
import type { JournalGeometry } from '../../tracker/journal/format.js';
import type { PassRequest } from '../replicationEngine.js';
import { entireArea, type ByteRange, type Ranges } from './bulk.js';

export interface PassPlan {
  ranges: Ranges;
  coverage: PassCoverage;
  /** Where the scrub goes on. */
  scrubNext: number;
}

export class PassPlanner {
  /** Cycle that runs now; -1: before the first. */
  cycle = -1;
  private readonly geometry: JournalGeometry;
  private touched: IndicatorMap;
  /** Regions whose content this run has written entirely (`prepareWorkingSet`). */
  private readonly written: IndicatorMap;
  /** Cycle of the last pass that read every region; null: there was none. */
  private lastFullCycle: number | null = null;
  /** The regions that were never read count as equal, whether or not they are. */
  private restIsAssumed = false;
  private scrubNext = 0;

  constructor(geometry: JournalGeometry) {
    this.geometry = geometry;
    const regionCount = Math.ceil(geometry.usableBytes / geometry.regionBytes);
    this.touched = new IndicatorMap(regionCount);
    this.written = new IndicatorMap(regionCount);
  }

  /** The bytes may change on either area, from now on. */
  touch(offsetBytes: number, lengthBytes: number): void {
    const { first, count } = this.regionsOf(offsetBytes, lengthBytes);
    for (let r = first; r < first + count; r++) this.touched.set(r);
  }

  /** Every region may have changed: the next pass is a full one. */
  touchAll(): void {
    this.lastFullCycle = null;
    this.restIsAssumed = false;
  }

  /** No pass has to read what this run never writes, also not the first one. */
  assumeRest(): void {
    this.restIsAssumed = true;
  }

  /** Regions of these ranges, and their neighbors, that `wrote` has not named yet. */
  unwritten(ranges: Ranges): { regions: IndicatorMap; ranges: Ranges; bytes: number } {
    const regions = new IndicatorMap(this.touched.regionCount);
    for (const { offsetBytes, lengthBytes } of ranges) {
      const { first, count } = this.regionsOf(offsetBytes, lengthBytes);
      regions.setRange(first, count);
    }
    const wide = withNeighbors(regions);
    for (const region of this.written.regions()) wide.clear(region);
    return { regions: wide, ranges: this.rangesOf(wide), bytes: this.bytesOf(wide) };
  }

  /** These regions are written, on both areas. */
  wrote(regions: IndicatorMap): void {
    this.written.setAllOf(regions);
  }

  /** `dirty`: D, read in any case. Without an earlier full pass the plan is a full one. */
  plan(request: PassRequest, dirty: RegionSet | null): PassPlan {
    const { regionCount } = this.touched;
    const isFull = request.extent === 'full' || (this.lastFullCycle === null && !this.restIsAssumed);
    const known = { regionCount, cycle: this.cycle, lastFullCycle: this.lastFullCycle };
    if (isFull) {
      const bytes = this.geometry.usableBytes;
      const coverage: PassCoverage = { extent: 'full', regions: regionCount, scrubbedRegions: 0, bytes, ...known };
      return { ranges: entireArea(bytes), coverage, scrubNext: this.scrubNext };
    }
    if (dirty !== null) addRuns(this.touched, dirty);
    const wanted = withNeighbors(this.touched);
    if (this.lastFullCycle === null) this.leaveUnknown(wanted);
    const before = wanted.count;
    const scrubNext = this.addScrub(wanted, Math.ceil((regionCount * request.scrubPercent) / 100));
    const coverage: PassCoverage = {
      extent: 'touched',
      regions: wanted.count,
      scrubbedRegions: wanted.count - before,
      bytes: this.bytesOf(wanted),
      ...known,
    };
    return { ranges: this.rangesOf(wanted), coverage, scrubNext };
  }

  /** The pass has read what it was to read. No I/O of an application has run meanwhile. */
  completed({ coverage, scrubNext }: PassPlan): void {
    this.scrubNext = scrubNext;
    if (coverage.extent === 'touched') return;
    // A new map has no memory yet; an emptied one would keep what it has, or get some.
    this.touched = new IndicatorMap(this.touched.regionCount);
    this.lastFullCycle = this.cycle;
  }

  /** Removes neighbors whose content on P and S is not known: they may differ, and no device is to blame. */
  private leaveUnknown(wanted: IndicatorMap): void {
    for (const region of wanted.regions())
      if (!this.written.has(region) && !this.touched.has(region)) wanted.clear(region);
  }

  /** Adds up to `count` regions that are not wanted yet, from `scrubNext` on and in turn. Returns where it ended. */
  private addScrub(wanted: IndicatorMap, count: number): number {
    const { regionCount } = wanted;
    let left = Math.min(count, regionCount - wanted.count);
    let at = this.scrubNext;
    while (left > 0) {
      const first = wanted.nextClear(at);
      if (first === regionCount) {
        at = 0;
        continue;
      }
      const next = wanted.nextSet(first);
      const taken = Math.min(left, (next === -1 ? regionCount : next) - first);
      wanted.setRange(first, taken);
      left -= taken;
      at = first + taken;
    }
    return at === regionCount ? 0 : at;
  }

  private regionsOf(offsetBytes: number, lengthBytes: number): { first: number; count: number } {
    const { regionBytes } = this.geometry;
    const first = Math.floor(offsetBytes / regionBytes);
    return { first, count: Math.floor((offsetBytes + lengthBytes - 1) / regionBytes) - first + 1 };
  }

  private bytesOf(wanted: IndicatorMap): number {
    const { regionBytes, usableBytes } = this.geometry;
    const last = wanted.regionCount - 1;
    const missing = wanted.has(last) ? wanted.regionCount * regionBytes - usableBytes : 0;
    return wanted.count * regionBytes - missing;
  }

  private *rangesOf(wanted: IndicatorMap): Generator<ByteRange, void, void> {
    const { regionBytes, usableBytes } = this.geometry;
    for (const { first, end } of runsOf(wanted)) {
      const offsetBytes = first * regionBytes;
      yield { offsetBytes, lengthBytes: Math.min(usableBytes, end * regionBytes) - offsetBytes };
    }
  }
}

function* runsOf(map: IndicatorMap): Generator<{ first: number; end: number }, void, void> {
  for (let first = map.nextSet(0); first !== -1;) {
    const end = map.nextClear(first);
    yield { first, end };
    first = map.nextSet(end);
  }
}

/** The regions and those beside them: a write or a head that misses its place by little lands there. */
export function withNeighbors(regions: IndicatorMap): IndicatorMap {
  const wide = new IndicatorMap(regions.regionCount);
  for (const { first, end } of runsOf(regions)) {
    const from = Math.max(0, first - 1);
    wide.setRange(from, end + 1 - from);
  }
  return wide;
}

/** Adds the regions run by run: D may be nearly all of 2^30 regions. */
function addRuns(to: IndicatorMap, regions: RegionSet): void {
  for (let first = regions.nextSet(0); first !== -1;) {
    const end = regions.nextClear(first);
    to.setRange(first, end - first);
    first = end < regions.regionCount ? regions.nextSet(end) : -1;
  }
}
