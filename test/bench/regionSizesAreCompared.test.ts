/** Promise: `bench regions` measures every size on one workload, and recommends the smallest that is fast enough. */
import { describe, expect, it } from 'vitest';
import { dirtyPerChanged } from '../../src/bench/dirtyPerChanged.js';
import { figureOf } from '../../src/bench/figures.js';
import {
  compareSizes,
  recommend,
  type MeasuredRegions,
  type RegionsBenchmarkResult,
} from '../../src/bench/regionsReport.js';
import type { WorkloadSpec } from '../../src/workload/workload.js';
import { senselessFigures, useTempFolder } from '../cli/benchRun.js';
import { cli } from '../cli/cli.js';

const temp = useTempFolder();
const MIB = 2 ** 20;

const UNIFORM: WorkloadSpec = {
  queueDepth: 1,
  writesPerTransaction: { min: 1, max: 1 },
  writeBytes: { min: 4096, max: 4096 },
  addresses: { pattern: 'uniform', skew: 0 },
  maxWritesPerSecond: 0,
};

function measured(regionBytes: number, rates: number[]): MeasuredRegions {
  const any = figureOf([1]);
  return {
    regionBytes,
    dirtyPerChanged: regionBytes / 4096,
    memoryBytes: 1,
    rates,
    figures: {
      acknowledgedPerSecond: figureOf(rates),
      journalWritesPerUpdate: any,
      journalBytesPerUpdate: any,
      evidenceWaitMsMedian: any,
      evidenceWaitMsP99: any,
      dirtyBytesAfterCrash: any,
      resyncMs: any,
    },
  };
}

describe('the recommendation', () => {
  it('is the smallest size with at least 95 % of the best rate, and gives its reasons', () => {
    const sizes = [4096, 16_384, 65_536, 262_144].map((bytes, i) => measured(bytes, [[50], [96], [100], [90]][i]));
    const { regionBytes, reason } = recommend(compareSizes(sizes));
    expect(regionBytes).toBe(16_384);
    expect(reason).toMatch(/best rate \(100 updates\/s with 64 KiB\): it has 96 %/);
    expect(reason).toMatch(/4 KiB has 50 %/);
    expect(reason).toMatch(/64 KiB an outage of S makes 16(\.0)? bytes dirty per changed byte instead of 4(\.00)?/);
  });

  it('compares round with round: a host that slows down blames no size', () => {
    // The medians alone would say 60 %.
    const sizes = [measured(4096, [99, 59, 9, 8]), measured(16_384, [100, 60, 99, 10])];
    expect(compareSizes(sizes)[0].overBest.median).toBeCloseTo((59 / 60 + 8 / 10) / 2, 5);
    const even = [measured(4096, [98, 59, 10]), measured(16_384, [100, 60, 10])];
    expect(recommend(compareSizes(even)).regionBytes).toBe(4096);
  });

  it('is the only size where there is one', () => {
    expect(recommend(compareSizes([measured(4096, [5])])).regionBytes).toBe(4096);
  });
});

it('dirty bytes per changed byte grow with the region, up to the entire area', () => {
  const of = (regionBytes: number) => dirtyPerChanged(UNIFORM, 64 * MIB, regionBytes, { writes: 100, seed: 1 });
  expect(of(4096)).toBe(1);
  // A hundred blocks, each in a region of its own but for a few.
  expect(of(65_536)).toBeGreaterThan(14);
  expect(of(65_536)).toBeLessThanOrEqual(16);
  expect(of(64 * MIB)).toBeGreaterThan(160);
});

it('bench regions reports every size, and one recommendation', async () => {
  const args = ['bench', 'regions', '--size', '16', '--seconds', '1', '--rounds', '1', '--pattern', 'uniform'];
  const result = await cli([...args, '--write-max', '4', '--json'], { env: temp.env });
  expect(result.code, result.stderr).toBe(0);
  const found = JSON.parse(result.stdout) as RegionsBenchmarkResult;
  expect(senselessFigures(found)).toEqual([]);
  expect(found.cases.map((c) => c.regionBytes)).toEqual([0, 1, 2, 3, 4, 5].map((i) => 4096 * 4 ** i));
  expect(found.cases.map((c) => c.regionBytes)).toContain(found.recommended.regionBytes);
  expect(found.recommended.reason).not.toBe('');
  for (const c of found.cases) {
    expect(c.figures.acknowledgedPerSecond.min).toBeGreaterThan(0);
    expect(c.figures.journalWritesPerUpdate.min).toBeGreaterThan(0);
    expect(c.figures.dirtyBytesAfterCrash.min % Math.min(c.regionBytes, 16 * MIB)).toBe(0);
  }
  const memory = found.cases.map((c) => c.memoryBytes);
  expect(memory).toEqual([...memory].sort((a, b) => b - a));
  await expect.poll(temp.loops, { timeout: 30_000 }).toEqual([]);

  const odd = await cli(['bench', 'regions', '--write-min', '64', '--write-max', '4']);
  expect(odd.code).toBe(2);
  expect(odd.stderr).toMatch(/--write-min 64, --write-max 4/);
});
