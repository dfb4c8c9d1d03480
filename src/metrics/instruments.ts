/** The metrics of the catalogue in one registry of prom-client. Only src/metrics imports prom-client. */
import { Counter, Gauge, Pushgateway, Registry, type Histogram } from 'prom-client';
import type { DurationCounts } from '../replication/replicationEngine.js';
import { CATALOGUE, RIG_LABEL, type MetricName, type MetricSpec } from './catalogue.js';
import { CountedHistogram } from './countedHistogram.js';

type NamesOf<K extends MetricSpec['kind']> = {
  [N in MetricName]: (typeof CATALOGUE)[N]['kind'] extends K ? N : never;
}[MetricName];

export type LabelsOf<N extends MetricName> = Record<(typeof CATALOGUE)[N]['labels'][number], string>;

/** The job name that the Pushgateway shows. */
const PUSH_JOB = 'plugpull';

export class Instruments {
  private readonly registry = new Registry();
  private readonly gauges = new Map<string, Gauge>();
  private readonly counters = new Map<string, Counter>();
  private readonly histograms = new Map<string, CountedHistogram>();

  constructor(rigName: string) {
    this.registry.setDefaultLabels({ [RIG_LABEL]: rigName });
    for (const [name, spec] of Object.entries(CATALOGUE) as [string, MetricSpec][]) {
      const common = { name, help: spec.help, labelNames: [...spec.labels], registers: [this.registry] };
      if (spec.kind === 'gauge') this.gauges.set(name, new Gauge(common));
      else if (spec.kind === 'counter') this.counters.set(name, new Counter(common));
      else this.histograms.set(name, this.histogram(name, spec));
    }
  }

  set<N extends NamesOf<'gauge'>>(name: N, value: number, labels?: LabelsOf<N>): void {
    this.gauges.get(name)!.set((labels ?? {}) as Record<string, string>, value);
  }

  /** A call with 0 creates the series, so that Prometheus sees its first increase. */
  add<N extends NamesOf<'counter'>>(name: N, value: number, labels?: LabelsOf<N>): void {
    this.counters.get(name)!.inc((labels ?? {}) as Record<string, string>, value);
  }

  observe<N extends NamesOf<'histogram'>>(name: N, values: readonly number[], labels?: LabelsOf<N>): void {
    const histogram = this.histograms.get(name)!;
    for (const value of values) histogram.observe((labels ?? {}) as Record<string, string>, value);
  }

  /** Adds values that the worker has counted per bucket. */
  count<N extends NamesOf<'histogram'>>(name: N, { counts, sumSeconds }: DurationCounts, labels?: LabelsOf<N>): void {
    this.histograms.get(name)!.add((labels ?? {}) as Record<string, string>, counts, sumSeconds);
  }

  /** Creates the series: it is exported with zeros until its first value. */
  prepare<N extends NamesOf<'histogram'>>(name: N, labels?: LabelsOf<N>): void {
    this.histograms.get(name)!.prepare((labels ?? {}) as Record<string, string>);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  render(): Promise<string> {
    return this.registry.metrics();
  }

  /** Replaces this rig's metrics on the gateway. Rejects if the gateway does not accept them within `msMax`. */
  async push(gateway: URL, rigName: string, msMax: number): Promise<void> {
    const options = { timeout: msMax, signal: AbortSignal.timeout(msMax) };
    await new Pushgateway(gateway.href, options, this.registry).push({
      jobName: PUSH_JOB,
      groupings: { [RIG_LABEL]: rigName },
    });
  }

  private histogram(name: string, spec: MetricSpec): CountedHistogram {
    const histogram = new CountedHistogram(name, spec.help, spec.buckets!);
    // A histogram without labels is exported from the start.
    if (spec.labels.length === 0) histogram.prepare({});
    this.registry.registerMetric(histogram as unknown as Histogram);
    return histogram;
  }
}
