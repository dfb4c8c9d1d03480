import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

interface Rule {
  alert: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

const read = (file: string): unknown => parse(readFileSync(`grafana/${file}`, 'utf8'));
const { groups } = read('prometheus/alerts.yaml') as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((g) => g.rules);

it.each(rules)('$alert has a summary with the rig, a description and a severity', ({ labels, annotations }) => {
  expect(['warning', 'critical']).toContain(labels.severity);
  expect(annotations.summary).toContain('{{ $labels.rig }}');
  expect(annotations.description).toMatch(/\.$/);
});

it('each alert has a case in which it fires and one in which it does not', () => {
  const { tests } = read('prometheus/alerts.test.yaml') as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: object[] }[] }[];
  };
  const cases = tests.flatMap((t) => t.alert_rule_test);
  for (const { alert } of rules) {
    const own = cases.filter((c) => c.alertname === alert);
    expect([alert, own.some((c) => c.exp_alerts.length > 0), own.some((c) => c.exp_alerts.length === 0)]).toEqual([
      alert,
      true,
      true,
    ]);
  }
});

it('compose mounts existing files, pins the versions of images, and listens on the loopback address only', () => {
  const { services } = read('compose.yaml') as { services: Record<string, { image: string; volumes: string[] }> };
  for (const { image, volumes } of Object.values(services)) {
    expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
    for (const v of volumes.filter((x) => x.startsWith('./')))
      expect(existsSync(`grafana/${v.split(':')[0]}`)).toBe(true);
  }
  expect(JSON.stringify(services)).toContain('--web.listen-address=127.0.0.1:9090');
  expect(JSON.stringify(services)).toContain('"GF_SERVER_HTTP_ADDR":"127.0.0.1"');
});
