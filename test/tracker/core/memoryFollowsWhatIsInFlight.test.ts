import { expect, it } from 'vitest';
import { IN_FLIGHT, measureCore, measurePlain, REGION_COUNT, regionsToWrite, typedArrayBytes } from './pairRate.js';

const PAIRS = 200_000;

it('memory is two bits and a little per region, and a bounded part per update in flight, after any number of updates', () => {
  const { core } = measureCore(regionsToWrite('random', PAIRS), process.hrtime.bigint);
  const { state, pages } = core;
  // Two maps of one bit, each with a summary of 1/32 bit.
  expect(typedArrayBytes([state.indicators, pages.awaiting]) / REGION_COUNT).toBeLessThanOrEqual(0.26);
  const perUpdate = (typedArrayBytes(state) - typedArrayBytes(state.indicators)) / IN_FLIGHT;
  expect(perUpdate).toBeLessThanOrEqual(178);
});

it.each(['in order', 'random'] as const)('the pairs of the benchmark all come to their end: %s', (order) => {
  const regions = regionsToWrite(order, PAIRS);
  expect(measureCore(regions, process.hrtime.bigint).pairsPerSecond).toBeGreaterThan(0);
  expect(measurePlain(regions, process.hrtime.bigint)).toBeGreaterThan(0);
});
