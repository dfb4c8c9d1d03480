/** Each of the 31 claims is performed on the running system; the README links the table. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutantNamed } from '../../../src/explore/mutants/index.js';
import { replay } from '../../../src/explore/replay.js';
import { parseTrace } from '../../../src/explore/traceFile.js';
import { REAL_PARTS } from '../../../src/explore/world.js';
import { ClaimBench } from './bench.js';
import { OTHER_TROUBLES, SCENARIOS, withoutAcknowledgement } from './scenarios.js';
import { CLAIMS, claimsOf, type ScenarioName } from './table.js';

it('claims 1 to 31 are in the table once each', () => {
  expect(CLAIMS.map((c) => c.claim)).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
});

for (const [name, { shows, perform }] of Object.entries(SCENARIOS)) {
  it(`${claimsOf(name as ScenarioName)}: ${shows}`, () => perform(new ClaimBench()));
}

it.each(OTHER_TROUBLES)('claim 12: the indicator is persisted when %s', (_why, trouble) =>
  withoutAcknowledgement(new ClaimBench(), trouble),
);

it('claim 4 read literally loses an indicator: the shortest trace that shows it', () => {
  const path = new URL('../../explore/counterexamples/literal-claim-4.json', import.meta.url);
  const trace = parseTrace(readFileSync(path, 'utf8'), 'literal-claim-4');
  expect(replay(trace, mutantNamed('literal-claim-4').parts).violation?.rule).toBe('I1');
  expect(replay(trace, REAL_PARTS).violation).toBeNull();
});
