/**
 * Claims 4, 9, 16, 22, 29: an acknowledgement takes the location from the transactions in the log, and the update from
 * the location's set. Where the letter of claim 4 says "each active transaction", we read: each that has no other
 * unacknowledged update to the location; the last test shows what the letter costs.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutantNamed } from '../../../src/explore/mutants/index.js';
import { replay } from '../../../src/explore/replay.js';
import { parseTrace } from '../../../src/explore/traceFile.js';
import { REAL_PARTS } from '../../../src/explore/world.js';
import { ClaimBench } from './bench.js';
import { claimsOf } from './table.js';

for (const { claim, form } of claimsOf('acknowledgementTakesBoth')) {
  it(`claim ${claim} (${form}): the acknowledgement takes the location from the log and the update from its set`, () => {
    const bench = new ClaimBench();
    const u = bench.write(0, 0);
    bench.run();
    expect(bench.recovered()).toMatchObject({ dirty: [0], active: 1 });
    // On one area alone it is no acknowledgement; nor without a flush.
    bench.world.take({ do: 'end', device: 'S', version: u });
    expect(bench.updateSet(0)).toBe(1);
    bench.world.take({ do: 'end', device: 'P', version: u });
    expect(bench.updateSet(0)).toBe(1);
    bench.run('P', 'S');
    bench.tick(1);
    bench.run('P', 'S');
    expect(bench.updateSet(0)).toBe(0);
    expect(bench.updateIds(0)).toEqual([]);
    expect(bench.recovered().dirty).toEqual([]);
    expect(bench.log().at(-1)).toEqual({ kind: 'release', transaction: 1, region: 0 });
  });
}

it('claim 4 with two transactions on one location: the first acknowledgement leaves what the second needs', () => {
  const bench = new ClaimBench();
  const first = bench.write(0, 0);
  bench.run();
  bench.write(1, 0);
  bench.tick(1);
  bench.acknowledge(first);
  expect(bench.updateSet(0)).toBe(1);
  expect(bench.indicator(0)).toBe(true);
  expect(bench.recovered().dirty, 'the second update is in flight').toEqual([0]);
});

it('claim 4 to the letter loses an indicator: the shortest history that shows it', () => {
  const path = new URL('../../explore/counterexamples/literal-claim-4.json', import.meta.url);
  const trace = parseTrace(readFileSync(path, 'utf8'), 'literal-claim-4');
  expect(replay(trace, mutantNamed('literal-claim-4').parts).violation?.rule).toBe('I1');
  expect(replay(trace, REAL_PARTS).violation).toBeNull();
});
