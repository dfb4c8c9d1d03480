/**
 * A histogram that accepts counts per bucket. That of prom-client accepts single values only. The registry treats it
 * like any other metric.
 */
import type { MetricObjectWithValues, MetricValueWithName } from 'prom-client';

type Labels = Record<string, string>;

interface Series {
  labels: Labels;
  /** Per bucket, not cumulative; the last one counts values above all bounds. */
  counts: number[];
  sum: number;
}

export class CountedHistogram {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly name: string;
  readonly help: string;
  private readonly bounds: readonly number[];
  private readonly series = new Map<string, Series>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.bounds = bounds;
  }

  /** From now on the series is exported, with zeros. */
  prepare(labels: Labels): void {
    this.of(labels);
  }

  observe(labels: Labels, value: number): void {
    const above = this.bounds.findIndex((bound) => value <= bound);
    const series = this.of(labels);
    series.counts[above < 0 ? this.bounds.length : above]++;
    series.sum += value;
  }

  /** `counts`: one for each bound, and one for values above the last bound. @throws RangeError */
  add(labels: Labels, counts: readonly number[], sum: number): void {
    if (counts.length !== this.bounds.length + 1)
      throw new RangeError(`${this.name} has ${this.bounds.length + 1} buckets, not ${counts.length}`);
    const series = this.of(labels);
    counts.forEach((count, i) => (series.counts[i] += count));
    series.sum += sum;
  }

  /** The registry calls this. */
  get(): Promise<
    Pick<MetricObjectWithValues<MetricValueWithName<string>>, 'name' | 'help' | 'values'> & { type: string }
  > {
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: this.type,
      values: [...this.series.values()].flatMap((s) => this.valuesOf(s)),
    });
  }

  reset(): void {
    this.series.clear();
  }

  private valuesOf({ labels, counts, sum }: Series): MetricValueWithName<string>[] {
    let total = 0;
    const buckets = [...this.bounds, '+Inf'].map((le, i) => {
      total += counts[i];
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: total },
    ];
  }

  private of(labels: Labels): Series {
    const key = JSON.stringify(labels);
    let series = this.series.get(key);
    if (series === undefined)
      this.series.set(key, (series = { labels, counts: new Array<number>(this.bounds.length + 1).fill(0), sum: 0 }));
    return series;
  }
}
