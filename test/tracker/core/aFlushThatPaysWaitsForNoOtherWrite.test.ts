/** Promise: a flush is submitted beside writes in flight if it pays, and otherwise when none is in flight. */
import { expect, it } from 'vitest';
import { openedCore, REGION, run, SECTOR } from './bench.js';
import { PRIMARY } from './coreParts.js';

it.each([
  ['pays', true, 1],
  ['does not pay', false, 0],
])('a flush that %s, with a write in flight', (_what, pays, flushes) => {
  const sim = openedCore({ flushIntervalMs: 60_000 });
  const asked: number[][] = [];
  sim.flushPays = (...question: number[]): boolean => {
    asked.push(question);
    return pays;
  };
  const transaction = sim.core.begin();
  sim.obtain(transaction, 0, SECTOR);
  sim.obtain(transaction, REGION, SECTOR);
  const written = () => sim.pending.filter((p) => p.kind === 'io' && p.area === PRIMARY).length;
  run(
    sim,
    () => written() === 2,
    (p) => p.kind === 'io',
  );
  sim.deliver(
    sim.pending.findIndex((p) => p.kind === 'io' && p.area === PRIMARY),
    true,
  );
  sim.pump();
  expect(sim.pending.filter((p) => p.kind === 'flush' && p.device === PRIMARY)).toHaveLength(flushes);
  // One write waits for the flush, one could join it.
  expect(asked.at(-1)).toEqual([PRIMARY, 1, 1]);
  sim.deliver(
    sim.pending.findIndex((p) => p.kind === 'io' && p.area === PRIMARY),
    true,
  );
  sim.pump();
  expect(sim.pending.filter((p) => p.kind === 'flush' && p.device === PRIMARY)).toHaveLength(1);
});
