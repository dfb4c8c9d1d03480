import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { CATALOGUE, RIG_LABEL, type MetricSpec } from '../../src/metrics/catalogue.js';
import { readPromql } from './promql.js';

interface Panel {
  title: string;
  targets?: { expr: string }[];
}
interface Dashboard {
  panels: Panel[];
  templating: { list: { type: string; query: string }[] };
}

const dashboards = readdirSync('grafana/generated').map(
  (f) => JSON.parse(readFileSync(`grafana/generated/${f}`, 'utf8')) as Dashboard,
);
const alerts = parse(readFileSync('grafana/prometheus/alerts.yaml', 'utf8')) as {
  groups: { rules: { alert: string; expr: string }[] }[];
};

const queries: [string, string][] = [
  ...dashboards.flatMap((d) =>
    d.panels.flatMap((p) => (p.targets ?? []).map((t): [string, string] => [p.title, t.expr])),
  ),
  ...alerts.groups.flatMap((g) => g.rules.map((r): [string, string] => [r.alert, r.expr])),
];

/** The metric in the catalogue, and the labels that a query may use. */
function lookUp(metric: string): { name: string; labels: string[] } | null {
  const catalogue: Record<string, MetricSpec | undefined> = CATALOGUE;
  const plain = catalogue[metric];
  if (plain !== undefined)
    return plain.kind === 'histogram' ? null : { name: metric, labels: [RIG_LABEL, ...plain.labels] };
  const [, name, part] = /^(.*)_(bucket|sum|count)$/.exec(metric) ?? [];
  const histogram = catalogue[name];
  if (histogram?.kind !== 'histogram') return null;
  return { name, labels: [RIG_LABEL, ...histogram.labels, ...(part === 'bucket' ? ['le'] : [])] };
}

it.each(queries)('%s: %s', (_title, expr) => {
  const { selectors, grouping } = readPromql(expr);
  expect(selectors.length).toBeGreaterThan(0);
  for (const { metric, labels } of selectors) {
    const known = lookUp(metric);
    expect(known, `${metric} is not in the catalogue`).not.toBeNull();
    expect(known!.labels).toEqual(expect.arrayContaining(labels));
    expect(known!.labels).toEqual(expect.arrayContaining(grouping));
  }
});

it('variables of the dashboards name metrics and labels that exist', () => {
  for (const v of dashboards.flatMap((d) => d.templating.list).filter((x) => x.type === 'query')) {
    const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(v.query)!;
    expect(lookUp(metric)!.labels).toContain(label);
  }
});

it('every metric is in a panel or an alert', () => {
  const asked = new Set(queries.flatMap(([, expr]) => readPromql(expr).selectors).map((s) => lookUp(s.metric)?.name));
  expect(Object.keys(CATALOGUE).filter((name) => !asked.has(name))).toEqual([]);
});

it('a query for another metric is detected', () => {
  expect(readPromql('sum by (rig, x) (rate(plugpull_nothing{rig=~"$rig", y="1"}[$__rate_interval]))')).toEqual({
    selectors: [{ metric: 'plugpull_nothing', labels: ['rig', 'y'] }],
    grouping: ['rig', 'x'],
  });
  expect(lookUp('plugpull_nothing')).toBeNull();
  expect(lookUp('plugpull_write_duration_seconds')).toBeNull();
  expect(lookUp('plugpull_dirty_regions_bucket')).toBeNull();
  expect(() => readPromql('rate(plugpull_writes_total[)')).toThrow('no PromQL');
});
