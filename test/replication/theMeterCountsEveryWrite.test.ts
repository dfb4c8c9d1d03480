/** Promise: the histogram has every write in the bucket of its duration, however many come between two snapshots. */
import { expect, it } from 'vitest';
import { JOURNAL, PRIMARY } from '../../src/tracker/core/devices.js';
import { IO_SECONDS, Meter } from '../../src/replication/meter.js';
import { Phase } from '../../src/replication/worker/phase.js';
import type { ReplicationSnapshot } from '../../src/replication/replicationEngine.js';
import { createMetrics } from '../../src/metrics/metrics.js';
import { parse } from '../metrics/samples.js';

const MANY = 100_000;

it('counts more writes than a snapshot keeps samples', async () => {
  const meter = new Meter();
  const metrics = createMetrics('bench');
  const phase = new Phase(
    meter,
    (s: ReplicationSnapshot) => metrics.sampled(s),
    () => ({ core: null, regionCount: 1, logBytes: 1 }),
  );
  for (let i = 0; i < MANY; i++) {
    meter.wrote(PRIMARY, 4096, i % 2 === 0 ? 0.0001 : 20);
    meter.evidenceWait(0.003);
  }
  // A duration of 0: the clock may not have advanced between submission and completion.
  meter.wrote(JOURNAL, 4096, 0);
  phase.enter('load', 0);
  meter.wrote(PRIMARY, 4096, 0.0002);
  phase.enter('closed', 0);
  const v = parse(await metrics.render());
  const of = (series: string, labels: string): number | undefined => v.get(`plugpull_${series}{${labels}rig="bench"}`);
  expect(of('writes_total', 'area="primary",')).toBe(MANY + 1);
  expect(of('write_duration_seconds_count', 'area="primary",')).toBe(MANY + 1);
  expect(of('write_duration_seconds_bucket', 'le="0.0001",area="primary",')).toBe(MANY / 2);
  expect(of('write_duration_seconds_bucket', 'le="0.00025",area="primary",')).toBe(MANY / 2 + 1);
  expect(of('write_duration_seconds_bucket', `le="${IO_SECONDS.at(-1)}",area="primary",`)).toBe(MANY / 2 + 1);
  expect(of('write_duration_seconds_sum', 'area="primary",')).toBeCloseTo(
    (MANY / 2) * 20 + (MANY / 2) * 0.0001 + 0.0002,
    3,
  );
  expect(of('write_duration_seconds_count', 'area="journal",')).toBe(1);
  expect(of('evidence_wait_seconds_count', '')).toBe(MANY);
});
