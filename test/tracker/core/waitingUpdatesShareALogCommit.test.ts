/**
 * Promise: the first update that waits has its commit at once. While it is written, a share of all updates joins the
 * next.
 */
import { beforeEach, expect, it } from 'vitest';
import { openedCore, REGION, SECTOR } from './bench.js';
import type { Simulator } from './simulator.js';

const FIRST = 12;
let sim: Simulator;
let transaction: number;
let region = 0;

function obtain(): void {
  sim.obtain(transaction, region * REGION, SECTOR);
  region++;
  sim.pump();
}

const commitsInFlight = (): number => sim.pending.filter((p) => p.kind === 'log').length;

beforeEach(() => {
  // Group commit by time would hide what this test is about.
  sim = openedCore({ updateSlots: 40, groupCommitMs: 60_000, log: { recordsPerBlock: 31, commitsInFlight: 3 } });
  transaction = sim.core.begin();
  region = 0;
  for (; region < FIRST; region++) sim.obtain(transaction, region * REGION, SECTOR);
  sim.pump();
});

it('a quarter of all updates waits before another commit is in flight', () => {
  expect(commitsInFlight()).toBe(1);
  const inFlight = [1, 2, 3, 4].map(() => {
    obtain();
    return commitsInFlight();
  });
  // 4 of 16.
  expect(inFlight).toEqual([1, 1, 1, 2]);
});

it('one update that waits is enough when the commit before it is durable', () => {
  obtain();
  expect(commitsInFlight()).toBe(1);
  sim.deliver(
    sim.pending.findIndex((p) => p.kind === 'log'),
    true,
  );
  expect(sim.core.updatesInFlight).toBe(FIRST + 1);
  sim.pump();
  expect(commitsInFlight()).toBe(1);
  expect(sim.core.log.openWaiters).toBe(0);
});
