/**
 * Promise: `bench scale` recovers exactly the dirty regions of its journals, reports all figures, and leaves no device
 * and no file behind. No figure is compared with a limit.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Interruption } from '../../src/bench/figures.js';
import { benchmarkScale, SCALE_CASES, type ScaleCase } from '../../src/bench/scaleBenchmark.js';
import { formatScale } from '../../src/bench/scaleReport.js';
import { sparseDevices } from '../../src/bench/scaleDevices.js';
import { UsageError } from '../../src/base/plugpullError.js';

const MIB = 2 ** 20;
const dir = mkdtempSync('/dev/shm/plugpull-test-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const SMALL: ScaleCase[] = [
  { areaBytes: 2 ** 30, regionBytes: 65536, dirtyRegions: 100, logBytes: MIB, fullLog: false },
  { areaBytes: 2 ** 45, regionBytes: 16 * MIB, dirtyRegions: 3000, logBytes: MIB, fullLog: true },
  { areaBytes: 2 ** 34, regionBytes: MIB, dirtyRegions: 2 ** 20, logBytes: MIB, fullLog: false },
];

function interruption(): Interruption {
  return { signal: new AbortController().signal, yieldToSignals: () => Promise.resolve(), say: () => undefined };
}

function loopsOver(folder: string): string[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .filter((name) => {
      try {
        return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').startsWith(folder);
      } catch {
        return false;
      }
    });
}

describe('bench scale', () => {
  it('measures each case, and leaves nothing behind', async () => {
    const results = await benchmarkScale({ cases: SMALL, rounds: 2, dir }, interruption());
    expect(results.map(({ regionCount }) => regionCount)).toEqual([2 ** 14, 2 ** 21, 2 ** 14]);
    for (const r of results) {
      expect(Math.min(r.openMs.min, r.recoverMs.min, r.recoverCpuMs.min, r.loadDirtyMs.min)).toBeGreaterThan(0);
      expect(r.peakBytes).toBeGreaterThan(MIB);
    }
    expect(formatScale(results)).toMatch(/32\.0 TiB +16\.0 MiB +2 097 152 +3 000 +1\.00 MiB, full/);
    await expect.poll(() => loopsOver(dir), { timeout: 30_000 }).toEqual([]);
    expect(await readdir(dir)).toEqual([]);
  });

  it('names the limit when the file system allows no file of the size', async () => {
    const sizes = { primary: MIB, secondary: MIB, journal: MIB };
    const refused = sparseDevices(dir, sizes, () => {
      throw Object.assign(new Error('file too large'), { code: 'EFBIG' });
    });
    await expect(refused).rejects.toThrow(/allows no file of \d+ bytes \(EFBIG.*--dir \/dev\/shm/);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect.poll(() => loopsOver(dir), { timeout: 30_000 }).toEqual([]);
    expect(await readdir(dir)).toEqual([]);
  });

  it('has cases up to 1 PiB with a thousand and a million dirty regions', () => {
    const largest = SCALE_CASES.filter(({ areaBytes }) => areaBytes === 2 ** 50);
    expect(largest.map(({ regionBytes, dirtyRegions }) => [regionBytes, dirtyRegions])).toEqual([
      [MIB, 1000],
      [MIB, 1e6],
    ]);
  });
});
