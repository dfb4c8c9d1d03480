/** The list of findings is bounded. It states what it leaves out, and a fault beyond its end fails the cycle. */
import { expect, it } from 'vitest';
import { Findings } from '../../../src/tracker/journal/findings.js';
import { cycleVerdict } from '../../../src/judge/verdict/verdict.js';
import type { RecoveryReport } from '../../../src/judge/verdict/reports.js';
import { createMetrics } from '../../../src/metrics/metrics.js';
import { dirtyOrigin, unlistedTexts } from '../../../src/report/findingText.js';
import { soundCycle } from '../../judge/soundCycle.js';

const BLOCK_BYTES = 512;
const TORN = 250;
const LOST = 7;
const LOST_CLASS = 'indicator-rot';

function recovery(): RecoveryReport {
  const findings = new Findings();
  const add = (i: number, name: 'indicator-torn' | 'indicator-rot'): void =>
    // Never consecutive blocks: those would be one finding.
    findings.add({
      where: 'indicator-area',
      offsetBytes: 2 * i * BLOCK_BYTES,
      problem: 'bad CRC',
      effect: 'region-range-dirty',
      class: name,
    });
  for (let i = 0; i < TORN; i++) add(i, 'indicator-torn');
  for (let i = TORN; i < TORN + LOST; i++) add(i, LOST_CLASS);
  expect(findings.count).toBe(TORN + LOST);
  return { ...soundCycle().recovery!, findings: findings.list, unlisted: findings.unlisted };
}

it('the list states how many more findings there are, and where', () => {
  const report = recovery();
  expect(report.findings).toHaveLength(100);
  expect(unlistedTexts(report)).toEqual([
    '… and 150 more in the indicator-area (indicator-torn); the first 100 findings are listed',
    `… and 7 more in the indicator-area (${LOST_CLASS}); the first 100 findings are listed`,
  ]);
  expect(unlistedTexts(soundCycle().recovery!)).toEqual([]);
});

it('a durable block that was lost fails the cycle, also when its finding is beyond the end of the list', () => {
  const { verdict, reasons } = cycleVerdict(soundCycle({ recovery: recovery() }));
  expect(verdict).toBe('FAIL');
  expect(reasons).toEqual([
    { code: 'METADATA_ROT', rule: 'indicator-rot', text: expect.stringContaining('7 more findings') },
  ]);
});

it('the metrics count the findings beyond the end', async () => {
  const metrics = createMetrics('bench', ['P']);
  metrics.recovered(recovery());
  const page = await metrics.render();
  expect(page).toMatch(/plugpull_recovery_findings_total\{[^}]*where="indicator-area"[^}]*\} 257/);
  expect(page).toMatch(/plugpull_anomalies_total\{[^}]*class="indicator-rot"[^}]*\} 7/);
});

it('regions that are dirty because of damage are not attributed to indicators or log', () => {
  expect(dirtyOrigin({ everythingDirty: true, fromIndicatorArea: 3, fromLog: 0 })).toMatch(/^damage: everything dirty/);
  expect(dirtyOrigin({ everythingDirty: false, fromIndicatorArea: 3, fromLog: 4 })).toBe(
    '3 from indicators, 4 from the log',
  );
});
