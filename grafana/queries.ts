/**
 * Queries that can name only metrics that exist: a metric that is renamed in the code stops these from compiling.
 */
import type { CATALOGUE, MetricName } from '../src/metrics/catalogue.js';

type OfKind<K> = { [N in MetricName]: (typeof CATALOGUE)[N]['kind'] extends K ? N : never }[MetricName];
export type GaugeName = OfKind<'gauge'>;
export type CounterName = OfKind<'counter'>;
export type HistogramName = OfKind<'histogram'>;

/** Set by the dashboard's own variable. */
const RIG = 'rig=~"$rig"';

/** Events of a campaign are minutes apart: a rate over the usual minute would be empty most of the time. */
const EVENT_WINDOW = '30m';

const matching = (name: string, more = ''): string => `${name}{${RIG}${more === '' ? '' : `,${more}`}}`;
const by = (labels: string[]): string => `by (${['rig', ...labels].join(', ')})`;

export const gauge = (name: GaugeName): string => matching(name);

/** Since the command began. */
export const total = (name: CounterName, labels: string[] = [], more = ''): string =>
  `sum ${by(labels)} (${matching(name, more)})`;

export const perSecond = (name: CounterName, labels: string[] = []): string =>
  `sum ${by(labels)} (rate(${matching(name)}[$__rate_interval]))`;

/** Quantile of what happens all the time, as I/O. */
export const quantile = (q: number, name: HistogramName, labels: string[] = []): string =>
  `histogram_quantile(${q}, sum ${by([...labels, 'le'])} (rate(${matching(`${name}_bucket`)}[$__rate_interval])))`;

/** Quantile and mean of what happens once in a cycle. */
export const eventQuantile = (q: number, name: HistogramName, labels: string[] = []): string =>
  `histogram_quantile(${q}, sum ${by([...labels, 'le'])} (increase(${matching(`${name}_bucket`)}[${EVENT_WINDOW}])))`;

export const eventMean = (name: HistogramName, labels: string[] = []): string => {
  const grown = (part: string): string =>
    `sum ${by(labels)} (increase(${matching(`${name}_${part}`)}[${EVENT_WINDOW}]))`;
  return `${grown('sum')} / ${grown('count')}`;
};
