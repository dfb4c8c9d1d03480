/** The catalogue as instruments of a registry of its own. Nothing else knows prom-client. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { CATALOGUE, RIG_LABEL, type MetricName, type MetricSpec } from './catalogue.js';

type NamesOf<K extends MetricSpec['kind']> = { [N in MetricName]: (typeof CATALOGUE)[N]['kind'] extends K ? N : never }[MetricName];

export type LabelsOf<N extends MetricName> = Record<(typeof CATALOGUE)[N]['labels'][number], string>;

export class Instruments {
  private readonly registry = new Registry();
  private readonly gauges = new Map<string, Gauge>();
  private readonly counters = new Map<string, Counter>();
  private readonly histograms = new Map<string, Histogram>();

  constructor(rigName: string) {
    this.registry.setDefaultLabels({ [RIG_LABEL]: rigName });
    for (const [name, spec] of Object.entries(CATALOGUE) as [string, MetricSpec][]) {
      const common = { name, help: spec.help, labelNames: [...spec.labels], registers: [this.registry] };
      if (spec.kind === 'gauge') this.gauges.set(name, new Gauge(common));
      else if (spec.kind === 'counter') this.counters.set(name, new Counter(common));
      else this.histograms.set(name, new Histogram({ ...common, buckets: [...spec.buckets!] }));
    }
  }

  set<N extends NamesOf<'gauge'>>(name: N, value: number, labels?: LabelsOf<N>): void {
    this.gauges.get(name)!.set((labels ?? {}) as Record<string, string>, value);
  }

  /** `value` 0 brings a series into being, so that its first increase is seen as one. */
  add<N extends NamesOf<'counter'>>(name: N, value: number, labels?: LabelsOf<N>): void {
    this.counters.get(name)!.inc((labels ?? {}) as Record<string, string>, value);
  }

  observe<N extends NamesOf<'histogram'>>(name: N, values: readonly number[], labels?: LabelsOf<N>): void {
    const histogram = this.histograms.get(name)!;
    for (const value of values) histogram.observe((labels ?? {}) as Record<string, string>, value);
  }

  /** An empty histogram shows as zeroes instead of not at all. */
  prepare<N extends NamesOf<'histogram'>>(name: N, labels?: LabelsOf<N>): void {
    this.histograms.get(name)!.zero((labels ?? {}) as Record<string, string>);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  render(): Promise<string> {
    return this.registry.metrics();
  }
}
