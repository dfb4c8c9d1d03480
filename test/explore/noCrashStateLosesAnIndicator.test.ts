/** A short exploration of the real engine, with searches and walks, finds no violation and applies every rule. */
import { expect, it } from 'vitest';
import { explore } from '../../src/explore/explore.js';
import { traceTable } from '../../src/explore/traceFile.js';
import { REAL_PARTS } from '../../src/explore/world.js';

const SEED = 20;
/** As many as 10 s of one core gave. A bound by states, so that the test checks the same on every machine. */
const STATES = 20_000;

it('20,000 states of searches and walks break no rule and apply all of them', async () => {
  const report = await explore({
    seed: SEED,
    seconds: null,
    states: STATES,
    depth: 60,
    crashes: 2,
    updatesMax: 3,
    walks: 0,
    walkPart: 0.8,
    tearing: 'sector',
    threads: 1,
    mutant: null,
  });
  const { finding } = report;
  expect(finding === null ? '' : `seed ${SEED}:\n${traceTable(finding.trace, finding.violation, REAL_PARTS)}`).toBe('');
  expect(report.violations).toBe(0);
  expect(report.states).toBeGreaterThanOrEqual(STATES);
  expect(report.distinctStates).toBeGreaterThan(1_000_000);
  expect(report.searchesExhaustive).toBeGreaterThan(0);
  for (const [rule, times] of Object.entries(report.rules)) expect(times, rule).toBeGreaterThan(0);
});
