import { expect, it } from 'vitest';
import { CATALOGUE, type MetricSpec } from '../../src/metrics/catalogue.js';
import { createMetrics } from '../../src/metrics/metrics.js';
import { oneCycle } from './samples.js';
import { hasPromtool, needsPromtool, promtool } from './promtool.js';

const specs = Object.entries(CATALOGUE) as [string, MetricSpec][];

it.each(specs)('%s', (name, { kind, help, labels, buckets }) => {
  expect(name).toMatch(/^plugpull_[a-z]+(_[a-z]+)*$/);
  expect(name.endsWith('_total')).toBe(kind === 'counter');
  expect(kind === 'histogram').toBe(buckets !== undefined);
  if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
  expect(buckets ?? []).toEqual([...(buckets ?? [])].sort((a, b) => a - b));
  expect(help).toMatch(/^[A-Z].*\.$/);
  // Only what a rig or the fault catalogue bounds may be a label.
  expect(['area', 'class', 'rail', 'verdict', 'where']).toEqual(expect.arrayContaining([...labels]));
});

it('the catalogue has every metric of the design', () => {
  const promised = [
    'dirty_regions persisted_indicators updates_in_flight log_used_bytes writes_total write_bytes_total',
    'write_duration_seconds evidence_wait_seconds resync_duration_seconds resync_bytes_total resync_remaining_regions',
    'recovery_duration_seconds cycles_total power_cuts_total cut_latency_seconds rail_state lost_indicators_total',
    'false_dirty_regions anomalies_total failure_rate_upper_bound',
  ].flatMap((line) => line.split(' '));
  expect(Object.keys(CATALOGUE)).toEqual(expect.arrayContaining(promised.map((n) => `plugpull_${n}`)));
});

it('every metric is exported after one cycle', async () => {
  const m = createMetrics('bench', ['P']);
  oneCycle(m);
  const text = await m.render();
  for (const [name, { kind }] of specs) {
    expect(text).toContain(`# TYPE ${name} ${kind}\n`);
    expect(text).toMatch(new RegExp(`^${name}(_count)?(\\{[^}]*\\}) `, 'm'));
  }
});

it.skipIf(!hasPromtool)(`promtool reports no problem${needsPromtool}`, async () => {
  const m = createMetrics('bench', ['P']);
  oneCycle(m);
  expect(promtool(['check', 'metrics'], await m.render())).toEqual({ status: 0, output: '' });
});
