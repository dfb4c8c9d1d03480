/** Promise: resync keeps `maxBytesPerSecond` and, while the application writes, takes `minShare` of the time. */
import { describe, expect, it } from 'vitest';
import { ResyncPace } from '../../../src/tracker/core/resyncPace.js';
import type { ResyncConfig } from '../../../src/tracker/core/config.js';

const MIB = 2 ** 20;
const REGION = 65_536;
const COPY_MS = 2;

function paced(more: Partial<ResyncConfig>): ResyncPace {
  return new ResyncPace({ depth: 8, slots: 16, maxBytesPerSecond: 0, minShare: 1, turnBytes: 4 * REGION, ...more });
}

/** Copies regions on a clock with steps of 1 ms, each copy in 2 ms. `inFlight`: updates of the application. */
function run(pace: ResyncPace, forMs: number, inFlight: (ms: number) => number, depth = 8) {
  let bytes = 0;
  let busyMs = 0;
  let copyingMax = 0;
  let ends: number[] = [];
  for (let ms = 0; ms < forMs; ms++) {
    ends = ends.filter((at) => at > ms);
    let allowed = pace.allowance(0, inFlight(ms), ends.length, ms);
    while (allowed > 0 && ends.length < depth) {
      pace.started(REGION, ms);
      ends.push(ms + COPY_MS);
      allowed -= REGION;
      bytes += REGION;
    }
    copyingMax = Math.max(copyingMax, ends.length);
    if (ends.length > 0) busyMs++;
  }
  return { bytes, share: busyMs / forMs, copyingMax };
}

describe('resync', () => {
  it.each([0.01, 0.25, 0.5, 0.9])('takes %d of the time while the application writes', (minShare) => {
    const { share, copyingMax } = run(paced({ minShare }), 20_000, () => 3);
    // The clock of the test has steps of 1 ms.
    expect(Math.abs(share - minShare)).toBeLessThan(minShare / 3);
    expect(copyingMax).toBe(4);
  });

  it('uses all of its depth and all of the time without an application, and with a share of 1', () => {
    expect(run(paced({ minShare: 0.25 }), 1000, () => 0)).toMatchObject({ share: 1, copyingMax: 8 });
    expect(run(paced({ minShare: 1 }), 1000, () => 3)).toMatchObject({ share: 1, copyingMax: 8 });
  });

  it('gives way also between two writes of the application, and not long after the last one', () => {
    const everyTenth = (ms: number): number => (ms % 10 === 0 ? 1 : 0);
    expect(run(paced({ minShare: 0.25 }), 10_000, everyTenth).share).toBeLessThan(0.35);
    expect(run(paced({ minShare: 0.25 }), 10_000, (ms) => (ms < 100 ? 1 : 0)).share).toBeGreaterThan(0.95);
  });

  it.each([
    [1 * MIB, 0],
    [10 * MIB, 0],
    [10 * MIB, 3],
  ])(
    'copies at most %d bytes per second, and no less where the devices can (%d updates in flight)',
    (rate, inFlight) => {
      const { bytes } = run(paced({ maxBytesPerSecond: rate, minShare: 0.5 }), 10_000, () => inFlight);
      expect(bytes / 10).toBeLessThanOrEqual(rate * 1.02 + REGION);
      expect(bytes / 10).toBeGreaterThan(rate * 0.95);
    },
  );

  it('goes on at a rate far below one region per second', () => {
    const { bytes } = run(paced({ maxBytesPerSecond: 4096 }), 100_000, () => 0);
    expect(bytes / REGION).toBe(7);
  });
});
