/** Promise: the forecast of a resync follows the number of dirty regions, and says `never` when it does not fall. */
import { describe, expect, it } from 'vitest';
import { ResyncForecast } from '../../src/replication/resyncForecast.js';

/** Observes each 100 ms until `untilMs`; returns the last forecast. */
function forecast(regions: (ms: number) => number, untilMs: number): number | 'never' | undefined {
  const f = new ResyncForecast();
  for (let ms = 0; ms <= untilMs; ms += 100) f.observe(regions(ms), ms);
  return f.secondsLeft();
}

describe('the time left', () => {
  it('is that of the regions which are left, at the speed of the last seconds', () => {
    expect(forecast((ms) => 1000 - ms / 10, 5000)).toBeCloseTo(5, 5);
    // Fast at first, slow since then: only the last ten seconds count.
    expect(forecast((ms) => (ms < 10_000 ? 10_000 - ms / 2 : 5000 - (ms - 10_000) / 100), 30_000)).toBeCloseTo(480, 5);
  });

  it('grows while the application makes regions dirty', () => {
    const alone = forecast((ms) => 1000 - ms / 10, 5000) as number;
    const beside = forecast((ms) => 1000 - ms / 10 + ms / 20, 5000) as number;
    expect(beside).toBeGreaterThan(2 * alone);
  });

  it.each([
    ['grows', (ms: number) => 10 + ms],
    ['stays', () => 10],
  ])('is "never" when the number of dirty regions %s', (_what, regions) => {
    expect(forecast(regions, 3000)).toBe('never');
  });

  it('is not known in the first second, and 0 at the end', () => {
    expect(forecast((ms) => 1000 - ms, 900)).toBeUndefined();
    expect(forecast((ms) => Math.max(0, 1000 - ms), 3000)).toBe(0);
    const f = new ResyncForecast();
    f.observe(5, 0);
    f.observe(4, 5000);
    f.reset();
    expect(f.secondsLeft()).toBeUndefined();
  });
});
