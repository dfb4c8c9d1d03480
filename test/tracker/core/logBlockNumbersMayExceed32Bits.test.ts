import { expect, it } from 'vitest';
import { NODE_HOLDING, SLOT_FIRST_NODE } from '../../../src/tracker/core/recordLayout.js';
import { BUSY } from './coreParts.js';
import { openedCore, REGION, run, SECTOR } from './bench.js';

/** The opening commits and some updates are before block `edge`, the other updates after it. */
const BLOCKS_BEFORE = 8;

it.each([2 ** 31, 2 ** 32, 2 ** 40, 2 ** 52])('evidence is kept and released across block %i', (edge) => {
  const firstSequence = edge - BLOCKS_BEFORE;
  const sim = openedCore({
    lingerMs: 3,
    transactionSlots: 64,
    log: { firstSequence, recoveredThrough: firstSequence - 1 },
  });
  const { core } = sim;
  for (let i = 0; i < 40; i++) {
    const t = core.begin();
    if (t === BUSY) throw new Error('busy at rest');
    sim.obtain(t, (i % 32) * REGION, SECTOR);
    core.close(t, sim.now);
    const slot = core.state.slots.inUse()[0];
    const h = core.state.nodes.memory[core.state.slots.memory[slot + SLOT_FIRST_NODE] + NODE_HOLDING];
    expect(core.evidence.sequenceOf(h)).toBeGreaterThanOrEqual(core.log.tail);
    expect(core.evidence.sequenceOf(h)).toBeLessThanOrEqual(core.log.nextSequence + 8);
    run(sim, () => core.updatesInFlight === 0);
  }
  core.drain();
  run(sim, () => core.quiescent);
  expect(core.log.tail).toBeGreaterThan(edge);
  expect([core.counters.acknowledged, core.counters.pressureMarks, core.state.holdings.pool.usedCount]).toEqual([
    40, 0, 0,
  ]);
});
