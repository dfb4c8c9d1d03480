import { expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.js';
import { oneCycle, parse, resync, snapshot } from './samples.js';

it('each report is counted under its metric, in base units, with the label of the rig', async () => {
  const m = createMetrics('bench', ['P', 'S']);
  oneCycle(m);
  const v = parse(await m.render());
  const expected: Record<string, number> = {
    'plugpull_regions{rig="bench"}': 1024,
    'plugpull_dirty_regions{rig="bench"}': 40,
    'plugpull_persisted_indicators{rig="bench"}': 7,
    'plugpull_updates_in_flight{rig="bench"}': 32,
    'plugpull_log_used_bytes{rig="bench"}': 8192,
    'plugpull_log_size_bytes{rig="bench"}': 1_048_576,
    'plugpull_phase_progress_ratio{rig="bench"}': 0.25,
    'plugpull_writes_total{area="primary",rig="bench"}': 100,
    'plugpull_write_bytes_total{area="secondary",rig="bench"}': 368_640,
    'plugpull_write_duration_seconds_count{area="primary",rig="bench"}': 2,
    'plugpull_write_duration_seconds_bucket{le="0.0001",area="primary",rig="bench"}': 1,
    'plugpull_write_duration_seconds_count{area="journal",rig="bench"}': 1,
    'plugpull_write_duration_seconds_bucket{le="+Inf",area="secondary",rig="bench"}': 1,
    'plugpull_evidence_wait_seconds_sum{rig="bench"}': 0.0005,
    'plugpull_recovery_duration_seconds_sum{rig="bench"}': 0.042,
    'plugpull_recovery_findings_total{where="log",rig="bench"}': 1,
    'plugpull_legal_losses_total{area="journal",class="indicator-torn",rig="bench"}': 2,
    'plugpull_anomalies_total{area="journal",class="indicator-rot",rig="bench"}': 1,
    'plugpull_resync_duration_seconds_sum{rig="bench"}': 0.7,
    'plugpull_resync_bytes_total{rig="bench"}': 65_536,
    'plugpull_resync_remaining_regions{rig="bench"}': 0,
    'plugpull_cycles_total{verdict="fail",rig="bench"}': 1,
    'plugpull_cycles_total{verdict="pass",rig="bench"}': 0,
    'plugpull_power_cuts_total{rail="P",rig="bench"}': 1,
    'plugpull_cut_latency_seconds_sum{rail="P",rig="bench"}': 0.023,
    'plugpull_rail_state{rail="P",rig="bench"}': 0,
    'plugpull_rail_state{rail="S",rig="bench"}': -1,
    'plugpull_lost_indicators_total{rig="bench"}': 2,
    'plugpull_lost_acknowledged_sectors_total{rig="bench"}': 4,
    'plugpull_false_dirty_regions{rig="bench"}': 30,
    'plugpull_anomalies_total{area="primary",class="lost-write",rig="bench"}': 3,
    'plugpull_anomalies_total{area="secondary",class="late-return",rig="bench"}': 1,
    'plugpull_legal_losses_total{area="primary",class="cache-loss",rig="bench"}': 11,
    'plugpull_failure_rate_upper_bound{rig="bench"}': 1,
  };
  for (const [series, value] of Object.entries(expected)) expect([series, v.get(series)]).toEqual([series, value]);
});

it('counters continue when a new worker starts at zero', async () => {
  const m = createMetrics('bench');
  m.sampled(snapshot);
  m.sampled({ ...snapshot, writes: { primary: 150, secondary: 90, journal: 30 } });
  m.sampled({ ...snapshot, writes: { primary: 20, secondary: 0, journal: 0 } });
  const v = parse(await m.render());
  expect(v.get('plugpull_writes_total{area="primary",rig="bench"}')).toBe(170);
  expect(v.get('plugpull_writes_total{area="secondary",rig="bench"}')).toBe(90);
});

it.each([
  [90, '90'],
  ['never', '+Inf'],
  [undefined, 'Nan'],
] as const)('the time left of a resync, %s, is %s', async (resyncSecondsLeft, text) => {
  const m = createMetrics('bench');
  m.sampled({ ...snapshot, resyncSecondsLeft });
  expect(await m.render()).toContain(`plugpull_resync_left_seconds{rig="bench"} ${text}\n`);
});

it('a resync that a cut interrupted is no resync time', async () => {
  const m = createMetrics('bench');
  m.resynced({ ...resync, complete: false, remainingRegions: 12 });
  const v = parse(await m.render());
  expect(v.get('plugpull_resync_duration_seconds_count{rig="bench"}')).toBe(0);
  expect(v.get('plugpull_resync_remaining_regions{rig="bench"}')).toBe(12);
});

it('classes beyond the first 64 are counted together', async () => {
  const m = createMetrics('bench');
  for (let i = 0; i < 1000; i++) m.deviceFault('primary', `class-${i}`);
  m.deviceFault('primary', 'class-1');
  const v = parse(await m.render());
  const series = [...v.keys()].filter((k) => k.startsWith('plugpull_anomalies_total'));
  expect(series.length).toBeLessThanOrEqual(65);
  expect(v.get('plugpull_anomalies_total{area="primary",class="class-1",rig="bench"}')).toBe(2);
  expect(v.get('plugpull_anomalies_total{area="primary",class="other",rig="bench"}')).toBe(1000 - 64);
});

it('two rigs do not share a registry', async () => {
  const a = createMetrics('a');
  const b = createMetrics('b');
  a.cycleEnded('PASS', 0.95);
  expect(parse(await b.render()).get('plugpull_cycles_total{verdict="pass",rig="b"}')).toBe(0);
  expect(await b.render()).not.toContain('rig="a"');
});
