/** Promise: however much is damaged, the list stays short, says what it leaves out, and a fault behind its end fails the cycle. */
import { expect, it } from 'vitest';
import { Findings } from '../../../src/tracker/journal/findings.js';
import { cycleVerdict } from '../../../src/judge/verdict/verdict.js';
import type { RecoveryReport } from '../../../src/judge/verdict/reports.js';
import { createMetrics } from '../../../src/metrics/metrics.js';
import { dirtyOrigin, unlistedTexts } from '../../../src/report/findingText.js';
import { soundCycle } from '../../judge/soundCycle.js';

const BLOCK_BYTES = 512;
const TORN = 250;
const ROT = 7;

function recovery(): RecoveryReport {
  const findings = new Findings();
  const add = (i: number, name: 'indicator-torn' | 'indicator-rot'): void =>
    // Never neighbors.
    findings.add({
      where: 'indicator-area',
      offsetBytes: 2 * i * BLOCK_BYTES,
      problem: 'bad CRC',
      effect: 'region-range-dirty',
      class: name,
    });
  for (let i = 0; i < TORN; i++) add(i, 'indicator-torn');
  for (let i = TORN; i < TORN + ROT; i++) add(i, 'indicator-rot');
  expect(findings.count).toBe(TORN + ROT);
  return { ...soundCycle().recovery!, findings: findings.list, unlisted: findings.unlisted };
}

it('the list says how many more there are, and where', () => {
  const report = recovery();
  expect(report.findings).toHaveLength(100);
  expect(unlistedTexts(report)).toEqual([
    '… and 150 more in the indicator-area (indicator-torn); the first 100 findings are listed',
    '… and 7 more in the indicator-area (indicator-rot); the first 100 findings are listed',
  ]);
  expect(unlistedTexts(soundCycle().recovery!)).toEqual([]);
});

it('rot that is only behind its end fails the cycle all the same', () => {
  const { verdict, reasons } = cycleVerdict(soundCycle({ recovery: recovery() }));
  expect(verdict).toBe('FAIL');
  expect(reasons).toEqual([
    { code: 'METADATA_ROT', rule: 'indicator-rot', text: expect.stringContaining('7 more findings') },
  ]);
});

it('the metrics count them', async () => {
  const metrics = createMetrics('bench', ['P']);
  metrics.recovered(recovery());
  const page = await metrics.render();
  expect(page).toMatch(/plugpull_recovery_findings_total\{[^}]*where="indicator-area"[^}]*\} 257/);
  expect(page).toMatch(/plugpull_anomalies_total\{[^}]*class="indicator-rot"[^}]*\} 7/);
});

it('regions that are dirty by damage are not said to come from indicators or log', () => {
  expect(dirtyOrigin({ everythingDirty: true, fromIndicatorArea: 3, fromLog: 0 })).toMatch(/^damage: everything dirty/);
  expect(dirtyOrigin({ everythingDirty: false, fromIndicatorArea: 3, fromLog: 4 })).toBe(
    '3 from indicators, 4 from the log',
  );
});
