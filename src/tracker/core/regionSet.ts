/**
 * A set of regions that does not change, in memory that follows its runs: D as recovery found it. The core changes the
 * map that it loads, and a second map of 2^30 regions would take 132 MiB.
 */
import type { IndicatorMap } from './indicatorMap.js';

/** What readers of D use. An IndicatorMap has it too. */
export interface RegionSet {
  readonly regionCount: number;
  /** Number of members. */
  readonly count: number;
  has(region: number): boolean;
  /** First member >= `from`, or -1. */
  nextSet(from: number): number;
  /** First region >= `from` that is no member, or the number of regions. */
  nextClear(from: number): number;
  /** Members, ascending. */
  regions(): Iterable<number>;
}

/** A run takes 8 bytes here, and 64 regions take 8 bytes in a map. */
const REGIONS_PER_RUN_MIN = 64;

/** The members that the map has now. */
export function frozenRegions(map: IndicatorMap): RegionSet {
  let runs = 0;
  for (let r = map.nextSet(0); r !== -1; r = map.nextSet(map.nextClear(r)))
    if (++runs * REGIONS_PER_RUN_MIN > map.regionCount) return map.clone();
  const first = new Uint32Array(runs);
  const last = new Uint32Array(runs);
  let run = 0;
  for (let r = map.nextSet(0); r !== -1; r = map.nextSet(last[run++]! + 1)) {
    first[run] = r;
    last[run] = map.nextClear(r) - 1;
  }
  return new RegionRuns(map.regionCount, map.count, first, last);
}

class RegionRuns implements RegionSet {
  readonly regionCount: number;
  readonly count: number;
  /** By run, ascending. */
  private readonly first: Uint32Array;
  private readonly last: Uint32Array;

  constructor(regionCount: number, count: number, first: Uint32Array, last: Uint32Array) {
    this.regionCount = regionCount;
    this.count = count;
    this.first = first;
    this.last = last;
  }

  has(region: number): boolean {
    const run = this.runAt(region);
    return run < this.first.length && this.first[run]! <= region;
  }

  nextSet(from: number): number {
    const run = this.runAt(from);
    return run === this.first.length ? -1 : Math.max(from, this.first[run]!);
  }

  nextClear(from: number): number {
    return this.has(from) ? this.last[this.runAt(from)]! + 1 : Math.min(from, this.regionCount);
  }

  *regions(): Generator<number> {
    for (let run = 0; run < this.first.length; run++)
      for (let region = this.first[run]!; region <= this.last[run]!; region++) yield region;
  }

  /** The first run that ends at the region or after it; the number of runs: none does. */
  private runAt(region: number): number {
    let [from, to] = [0, this.first.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.last[middle]! < region) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
