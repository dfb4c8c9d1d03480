/**
 * Promises: a pass over the touched regions reads exactly the regions that were written, copied or dirty since the last
 * full pass, their neighbors, and a share of the rest in turn. Without an earlier full pass it reads everything.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndicatorMap } from '../../src/tracker/core/indicatorMap.js';
import type { HistoryFeed } from '../../src/judge/history/feed.js';
import { PassPlanner, type PassPlan } from '../../src/replication/scan/coverage.js';
import { touchFeed } from '../../src/replication/scan/touchFeed.js';

const REGION = 65536;
const REGIONS = 100;
/** The last region is a short one. */
const USABLE = REGIONS * REGION - 4096;
const FULL = { extent: 'full', scrubPercent: 0 } as const;
const TOUCHED = { extent: 'touched', scrubPercent: 0 } as const;

function planner(): PassPlanner {
  const p = new PassPlanner({ regionBytes: REGION, usableBytes: USABLE, logBytes: 0 });
  p.completed(p.plan(FULL, null));
  return p;
}

/** The regions of the plan's ranges, which must be entire regions, ascending and apart. */
function regionsOf(plan: PassPlan): number[] {
  const regions: number[] = [];
  let end = -1;
  let bytes = 0;
  for (const { offsetBytes, lengthBytes } of plan.ranges) {
    expect(offsetBytes).toBeGreaterThan(end);
    end = offsetBytes + lengthBytes;
    expect(offsetBytes % REGION).toBe(0);
    if (end !== USABLE) expect(end % REGION).toBe(0);
    for (let r = offsetBytes / REGION; r * REGION < end; r++) regions.push(r);
    bytes += lengthBytes;
  }
  expect({ regions: plan.coverage.regions, bytes: plan.coverage.bytes }).toEqual({ regions: regions.length, bytes });
  return regions;
}

describe('a pass over the touched regions', () => {
  it('reads everything as long as no pass has', () => {
    const p = new PassPlanner({ regionBytes: REGION, usableBytes: USABLE, logBytes: 0 });
    const plan = p.plan(TOUCHED, null);
    expect(regionsOf(plan)).toHaveLength(REGIONS);
    expect(plan.coverage).toMatchObject({ extent: 'full', lastFullCycle: null });
    p.cycle = 3;
    p.completed(plan);
    expect(p.plan(TOUCHED, null).coverage).toMatchObject({ extent: 'touched', regions: 0, lastFullCycle: 3 });
    p.touchAll();
    expect(p.plan(TOUCHED, null).coverage.extent).toBe('full');
  });

  it('reads what was written, copied or dirty, and the neighbors', () => {
    const p = planner();
    const dirty = new IndicatorMap(REGIONS);
    dirty.set(50);
    p.touch(10 * REGION + 4096, 4096);
    p.touch(20 * REGION - 4096, 8192);
    p.touch(0, 4096);
    p.touch(USABLE - 4096, 4096);
    const expected = [0, 1, 9, 10, 11, 18, 19, 20, 21, 49, 50, 51, 98, 99];
    expect(regionsOf(p.plan(TOUCHED, dirty))).toEqual(expected);
    // A pass that was stopped changes nothing, and one that was completed is no full pass.
    const again = p.plan(TOUCHED, null);
    p.completed(again);
    expect(regionsOf(p.plan(TOUCHED, null))).toEqual(expected);
    p.completed(p.plan(FULL, null));
    expect(regionsOf(p.plan(TOUCHED, null))).toEqual([]);
  });

  it('learns of every write and copy where the history does, and passes all on', () => {
    const p = planner();
    const calls: string[] = [];
    const names = [
      'issued',
      'completed',
      'durableCompleted',
      'flushSubmitted',
      'flushCompleted',
      'powerLost',
      'answered',
      'copyIssued',
      'copyDurable',
    ] as const;
    const inner = Object.fromEntries(
      names.map((name) => [name, (...args: unknown[]) => (calls.push([name, ...args].join(' ')), 7)]),
    ) as unknown as HistoryFeed;
    const feed = touchFeed(inner, p)!;
    feed.issued('primary', 1, 30 * REGION, 4096);
    feed.completed('primary', 1, 30 * REGION, 4096, false);
    feed.durableCompleted('primary', 2, 31 * REGION, 4096);
    expect(feed.flushSubmitted('secondary')).toBe(7);
    feed.flushCompleted('secondary', 7, true);
    feed.powerLost('primary');
    feed.answered(1, 30 * REGION, 4096);
    feed.copyIssued(60 * REGION, 2 * REGION);
    feed.copyDurable(60 * REGION, 2 * REGION);
    expect(calls).toEqual([
      `issued primary 1 ${30 * REGION} 4096`,
      `completed primary 1 ${30 * REGION} 4096 false`,
      `durableCompleted primary 2 ${31 * REGION} 4096`,
      'flushSubmitted secondary',
      'flushCompleted secondary 7 true',
      'powerLost primary',
      `answered 1 ${30 * REGION} 4096`,
      `copyIssued ${60 * REGION} ${2 * REGION}`,
      `copyDurable ${60 * REGION} ${2 * REGION}`,
    ]);
    expect(regionsOf(p.plan(TOUCHED, null))).toEqual([29, 30, 31, 59, 60, 61, 62]);
  });

  it('reads all regions in turn by scrub, whatever is touched meanwhile', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat({ max: REGIONS - 1 }), { maxLength: 3 }), { minLength: 15, maxLength: 15 }),
        (list) => {
          const p = planner();
          const read = new Set<number>();
          // 8 percent of 100 regions: 13 passes are enough.
          for (const touched of list) {
            for (const r of touched) p.touch(r * REGION, 4096);
            const plan = p.plan({ extent: 'touched', scrubPercent: 8 }, null);
            for (const r of regionsOf(plan)) read.add(r);
            p.completed(plan);
          }
          expect(read.size).toBe(REGIONS);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('goes on where the scrub of the last completed pass ended', () => {
    const p = planner();
    const scrub = { extent: 'touched', scrubPercent: 3 } as const;
    p.touch(1 * REGION, 4096);
    const first = p.plan(scrub, null);
    expect(regionsOf(first)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(first.coverage.scrubbedRegions).toBe(3);
    // It was stopped: the same regions again.
    expect(regionsOf(p.plan(scrub, null))).toEqual([0, 1, 2, 3, 4, 5]);
    p.completed(first);
    expect(regionsOf(p.plan(scrub, null))).toEqual([0, 1, 2, 6, 7, 8]);
  });

  it('reads no more than there is with a scrub of 100 percent', () => {
    const p = planner();
    p.touch(0, 4096);
    expect(regionsOf(p.plan({ extent: 'touched', scrubPercent: 100 }, null))).toHaveLength(REGIONS);
  });
});
