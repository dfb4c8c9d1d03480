/** Promise: a step of `bench mirror` gives a device its full time, however long the process runs already. */
import { afterEach, expect, it, vi } from 'vitest';
import { MirrorLoop } from '../../src/bench/mirrorLoop.js';
import type { IoRing } from '../../src/blockdev/blockDevice.js';

/** A ring without a completion: each look at it takes `stepMs`. */
class NeverCompletes extends MirrorLoop {
  protected advance(): void {
    // Nothing is submitted.
  }
  protected written(): void {
    // Nothing was submitted.
  }
  protected flushed(): void {
    // Nothing was submitted.
  }
}

afterEach(() => vi.restoreAllMocks());

function measured(startMs: number, stepMs: number, forMs: number) {
  let nowMs = startMs;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const submitAndReap = (): number => {
    nowMs += stepMs;
    return 0;
  };
  return new NeverCompletes({ submitAndReap } as unknown as IoRing, 1).measure(forMs, () => Promise.resolve());
}

it('in an old process, no completion in the first moments is no failure', async () => {
  expect((await measured(3_600_000, 10, 1000)).updatesPerSecond).toBe(0);
});

it('a device that completes nothing in 30 s has failed', async () => {
  await expect(measured(0, 500, 60_000)).rejects.toThrow(/no I\/O completed in 30 s/);
});
