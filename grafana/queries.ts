/** Builders of queries. They accept only names of existing metrics: after a rename in the code they do not compile. */
import type { CATALOGUE, MetricName } from '../src/metrics/catalogue.js';

type OfKind<K> = { [N in MetricName]: (typeof CATALOGUE)[N]['kind'] extends K ? N : never }[MetricName];
export type GaugeName = OfKind<'gauge'>;
export type CounterName = OfKind<'counter'>;
export type HistogramName = OfKind<'histogram'>;

/** The dashboard's variable selects the rig. */
const RIG = 'rig=~"$rig"';

/** Events of a campaign are minutes apart, so a rate over one minute would be empty most of the time. */
const EVENT_WINDOW = '30m';

const matching = (name: string, more = ''): string => `${name}{${RIG}${more === '' ? '' : `,${more}`}}`;
const by = (labels: string[]): string => `by (${['rig', ...labels].join(', ')})`;

export const gauge = (name: GaugeName): string => matching(name);

/** The count since the command started. */
export const total = (name: CounterName, labels: string[] = [], more = ''): string =>
  `sum ${by(labels)} (${matching(name, more)})`;

export const perSecond = (name: CounterName, labels: string[] = []): string =>
  `sum ${by(labels)} (rate(${matching(name)}[$__rate_interval]))`;

/** Quantile of continuous events, such as I/O. */
export const quantile = (q: number, name: HistogramName, labels: string[] = []): string =>
  `histogram_quantile(${q}, sum ${by([...labels, 'le'])} (rate(${matching(`${name}_bucket`)}[$__rate_interval])))`;

/** Quantile of events that happen once in a cycle. */
export const eventQuantile = (q: number, name: HistogramName, labels: string[] = []): string =>
  `histogram_quantile(${q}, sum ${by([...labels, 'le'])} (increase(${matching(`${name}_bucket`)}[${EVENT_WINDOW}])))`;

export const eventMean = (name: HistogramName, labels: string[] = []): string => {
  const grown = (part: string): string =>
    `sum ${by(labels)} (increase(${matching(`${name}_${part}`)}[${EVENT_WINDOW}]))`;
  return `${grown('sum')} / ${grown('count')}`;
};
