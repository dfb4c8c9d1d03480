/**
 * A resync copy reads P, then writes S, perhaps in several parts. After a timeout the area that has not answered is
 * lost.
 */
import { expect, it } from 'vitest';
import { openedCore, run } from './bench.js';
import type { Simulator } from './simulator.js';
import { PRIMARY, SECONDARY } from './coreParts.js';

/** ackTimeoutMs of the bench. */
const TIMEOUT_MS = 1000;

function copying(): { sim: Simulator; slot: number; id: number } {
  const sim = openedCore({ dirty: [5] });
  sim.core.startResync();
  run(
    sim,
    () => sim.pending.some((p) => p.kind === 'io'),
    (p) => p.kind === 'io',
  );
  const slot = [...sim.bySlot.keys()][0];
  return { sim, slot, id: sim.core.state.updateId(slot) };
}

function lost({ core }: Simulator): string {
  const { primaryLost, secondaryAway, journalLost } = core.state;
  return `${primaryLost ? 'P' : ''}${secondaryAway ? 'S' : ''}${journalLost ? 'J' : ''}`;
}

function wait(sim: Simulator, ms: number): void {
  sim.now += ms;
  sim.pump();
}

it('P does not answer the read: P is lost', () => {
  const { sim } = copying();
  wait(sim, TIMEOUT_MS + 1);
  expect(lost(sim)).toBe('P');
});

it('P has answered the read and S does not answer the write: S is lost, P is not', () => {
  const { sim } = copying();
  run(
    sim,
    () => sim.core.state.secondaryAway || sim.core.state.primaryLost,
    (p) => p.kind === 'io' && p.area === SECONDARY,
  );
  expect(lost(sim)).toBe('S');
});

it('S does not answer the write of a part before the last: S is lost', () => {
  const { sim, slot, id } = copying();
  sim.core.copyAwaits(SECONDARY, slot, id, sim.now);
  wait(sim, TIMEOUT_MS + 1);
  expect(lost(sim)).toBe('S');
});

it('S has answered a part and P does not answer the next: P is lost', () => {
  const { sim, slot, id } = copying();
  sim.core.copyAwaits(SECONDARY, slot, id, sim.now);
  sim.core.copyAwaits(PRIMARY, slot, id, sim.now);
  wait(sim, TIMEOUT_MS + 1);
  expect(lost(sim)).toBe('P');
});

it('each part has the full timeout: a copy of many parts may take longer than the timeout', () => {
  const { sim, slot, id } = copying();
  for (let part = 0; part < 10; part++) {
    for (const area of [SECONDARY, PRIMARY] as const) {
      wait(sim, TIMEOUT_MS - 1);
      sim.core.copyAwaits(area, slot, id, sim.now);
    }
  }
  expect(lost(sim)).toBe('');
});

it('a report about a copy that is over changes nothing', () => {
  const { sim, slot, id } = copying();
  run(sim, () => sim.core.quiescent);
  sim.core.copyAwaits(SECONDARY, slot, id, sim.now);
  wait(sim, TIMEOUT_MS + 1);
  expect(lost(sim)).toBe('');
});
