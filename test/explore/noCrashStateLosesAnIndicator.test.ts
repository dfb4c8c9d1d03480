/** A short exploration of the real engine, searches and walks: no violation, and every rule was taken on the way. */
import { expect, it } from 'vitest';
import { explore } from '../../src/explore/explore.js';
import { traceTable } from '../../src/explore/traceTable.js';
import { REAL_PARTS } from '../../src/explore/world.js';

const SEED = 20;
const SECONDS = 10;

it('ten seconds of searches and walks break no rule and take all of them', async () => {
  const report = await explore({
    seed: SEED,
    seconds: SECONDS,
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
  expect(report.distinctStates).toBeGreaterThan(10_000);
  for (const [rule, times] of Object.entries(report.rules)) expect(times, rule).toBeGreaterThan(0);
});
