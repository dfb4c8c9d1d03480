/** A device that returns at once is not waited for; one that spins up for seconds is not read a thousand times. */
import { describe, expect, it } from 'vitest';
import { AreaWatch } from '../../src/campaign/areaWatch.js';
import { FakeClock } from './fakeClock.js';

/** Waits for a device that answers after `backMs`: when that was seen, and how many reads it took. */
async function returnAfter(backMs: number): Promise<{ seenMs: number; reads: number }> {
  const clock = new FakeClock();
  const sinceMs = clock.nowMs();
  let reads = 0;
  const watch = new AreaWatch(
    {
      clock,
      probe: async (area) => {
        reads += 1;
        return clock.nowMs() - sinceMs >= backMs ? null : { area, errno: 5, atNs: clock.nowNs(), source: 'probe' };
      },
    },
    () => undefined,
  );
  await clock.drive(watch.untilReadable(['primary']));
  return { seenMs: clock.nowMs() - sinceMs, reads };
}

describe('the return of power', () => {
  it.each([0, 1, 5, 19, 40, 150])('after %i ms is seen within 2 ms or a tenth of that time', async (backMs) => {
    const { seenMs } = await returnAfter(backMs);
    expect(seenMs).toBeGreaterThanOrEqual(backMs);
    expect(seenMs).toBeLessThanOrEqual(backMs + Math.max(2, backMs / 10));
  });

  it('after 10 s is seen within 20 ms, with no more reads than one each 20 ms and those of the beginning', async () => {
    const { seenMs, reads } = await returnAfter(10_000);
    expect(seenMs).toBeLessThanOrEqual(10_020);
    expect(reads).toBeLessThanOrEqual(10_000 / 20 + 40);
  });
});
