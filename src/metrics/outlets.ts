/**
 * Where metrics are sent to, for runs too short to be scraped: a file for node_exporter's textfile collector, and a
 * Pushgateway. Promise: an outlet that fails is reported, and neither delays a campaign nor ends it.
 */
import { rename, rm, writeFile } from 'node:fs/promises';
import { MetricsError } from './errors.js';
import type { Metrics } from './metrics.js';

export interface Outlet {
  /** For people. */
  readonly name: string;
  /** Rejects with what went wrong, within a bounded time. */
  send(metrics: Metrics): Promise<void>;
}

/** A gateway on the next rack answers in milliseconds; a run's end waits no longer than this. */
const PUSH_MS_MAX = 10_000;

/** Of what a gateway answers to a push that it refuses. */
const ANSWER_CHARS_MAX = 200;

/** node_exporter runs as another user. */
const TEXTFILE_MODE = 0o644;

/** @throws MetricsError METRICS_TEXTFILE */
export function parseTextfile(text: string): string {
  if (/[^/]\.prom$/.test(text)) return text;
  throw new MetricsError(
    'METRICS_TEXTFILE',
    `metrics file '${text}' must have a name that ends in .prom: node_exporter reads no other; write it like /var/lib/node_exporter/plugpull.prom`,
    { text },
  );
}

/** @throws MetricsError METRICS_PUSH_URL */
export function parsePushUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') return url;
  throw new MetricsError(
    'METRICS_PUSH_URL',
    `Pushgateway '${text}' must be an http or https URL without query; write it like http://127.0.0.1:9091`,
    { text },
  );
}

/** The file is replaced in one step: whoever reads it finds the values of one moment. */
export function textfileOutlet(file: string): Outlet {
  return {
    name: file,
    async send(metrics) {
      const draft = `${file}.${process.pid}.new`;
      try {
        await rm(draft, { force: true });
        await writeFile(draft, await metrics.render(), { mode: TEXTFILE_MODE, flag: 'wx' });
        await rename(draft, file);
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined);
        throw error;
      }
    },
  };
}

export function pushOutlet(url: URL): Outlet {
  return {
    // Without a password that the URL may hold.
    name: `Pushgateway ${url.origin}${url.pathname}`,
    send: (metrics) => metrics.push(url, PUSH_MS_MAX),
  };
}

export class Outlets {
  /** How a failure is said. */
  say: (text: string) => void;
  private readonly metrics: Metrics;
  private readonly outlets: readonly Outlet[];
  private readonly said = new Map<Outlet, string>();
  private sending: Promise<void> | null = null;
  private again = false;

  constructor(metrics: Metrics, outlets: readonly Outlet[], say: (text: string) => void) {
    this.metrics = metrics;
    this.outlets = outlets;
    this.say = say;
  }

  /** Sends the values of now, when those that are on their way have arrived. Resolves when all are; never rejects. */
  send(): Promise<void> {
    this.again = true;
    this.sending ??= this.sendAll().finally(() => (this.sending = null));
    return this.sending;
  }

  private async sendAll(): Promise<void> {
    while (this.again) {
      this.again = false;
      await Promise.all(this.outlets.map((outlet) => this.sendTo(outlet)));
    }
  }

  private async sendTo(outlet: Outlet): Promise<void> {
    let trouble = '';
    try {
      await outlet.send(this.metrics);
    } catch (error) {
      trouble = (error instanceof Error ? error.message : String(error)).slice(0, ANSWER_CHARS_MAX);
    }
    // Said once, until it changes.
    if (trouble !== '' && this.said.get(outlet) !== trouble)
      this.say(`plugpull: metrics: ${outlet.name}: ${trouble.trim()}; the run goes on without`);
    this.said.set(outlet, trouble);
  }
}
