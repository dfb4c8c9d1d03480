/** Claim 12: no acknowledgement, and the indicator is written to the persistent area. */
import { expect, it } from 'vitest';
import { ACK_TIMEOUT_MS, ClaimBench } from './bench.js';
import { claimsOf } from './table.js';

for (const { claim, form } of claimsOf('noAcknowledgementPersistsTheIndicator')) {
  it.each([
    ['the secondary has lost its power', { do: 'cut', device: 'S' } as const],
    ['its write failed', { do: 'fail', device: 'S' } as const],
    ['its time is up', { do: 'tick', ms: ACK_TIMEOUT_MS } as const],
  ])(`claim ${claim} (${form}): the indicator is in the persistent area when %s`, (_why, trouble) => {
    const bench = new ClaimBench();
    const u = bench.write(0, 0);
    bench.run();
    // Durable on P, so that only S is waited for.
    bench.world.take({ do: 'end', device: 'P', version: u });
    bench.run('P');
    bench.world.take(trouble);
    bench.run('P', 'S');
    bench.tick(3);
    bench.run('P', 'S');
    expect(bench.world.core.pages.awaiting.has(0)).toBe(true);
    expect(bench.world.core.pages.isEvidence(0), 'durable in both copies of its page').toBe(true);
    // From the persistent area alone: the log has given it up.
    expect(bench.recovered()).toMatchObject({ dirty: [0] });
    expect(bench.indicator(0)).toBe(true);
  });
}
