import { expect, it } from 'vitest';
import { hasPromtool, needsPromtool, promtool } from '../metrics/promtool.js';

it.skipIf(!hasPromtool).each([
  ['check rules', ['check', 'rules', 'grafana/prometheus/alerts.yaml']],
  ['check config', ['check', 'config', 'grafana/prometheus/prometheus.yaml']],
  ['test rules', ['test', 'rules', 'grafana/prometheus/alerts.test.yaml']],
])(`promtool %s${needsPromtool}`, (_what, args) => {
  const { status, output } = promtool(args);
  expect({ status, output }).toEqual({ status: 0, output: expect.stringMatching(/SUCCESS/) as string });
});
