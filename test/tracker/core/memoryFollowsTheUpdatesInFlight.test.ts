import { expect, it } from 'vitest';
import { IN_FLIGHT, measureCore, measurePlain, REGION_COUNT, regionsToWrite, typedArrayBytes } from './pairRate.js';

const PAIRS = 200_000;

it('memory is two bits and 1/16 bit per region and 150 to 178 bytes per update in flight, after any number of updates', () => {
  const { core } = measureCore(regionsToWrite('random', PAIRS), process.hrtime.bigint);
  const { state, pages } = core;
  // Two maps of one bit, each with a summary of 1/32 bit.
  expect(typedArrayBytes([state.indicators, pages.awaiting])).toBe((2 * (1 + 1 / 32) * REGION_COUNT) / 8);
  const perUpdate = (typedArrayBytes(state) - typedArrayBytes(state.indicators)) / IN_FLIGHT;
  expect(perUpdate).toBeLessThanOrEqual(178);
  expect(perUpdate).toBeGreaterThan(150);
});

it.each(['in order', 'random'] as const)('the benchmark obtains and acknowledges every pair once: %s', (order) => {
  const regions = regionsToWrite(order, PAIRS);
  // A clock that always advances by 1 s per reading: the rate is then the number of pairs.
  let ns = 0n;
  const clock = (): bigint => (ns += 1_000_000_000n);
  const { core, pairsPerSecond } = measureCore(regions, clock);
  expect([pairsPerSecond, measurePlain(regions, clock)]).toEqual([PAIRS, PAIRS]);
  const { obtained, acknowledged, givenUp, refused } = core.counters;
  expect([obtained, acknowledged, givenUp, refused]).toEqual([PAIRS, PAIRS, 0, 0]);
});
