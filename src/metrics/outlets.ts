/**
 * Outlets for runs that are too short to be scraped: a file for node_exporter's textfile collector, and a Pushgateway.
 * Promise: a failed outlet is reported; it neither delays nor ends a campaign.
 */
import { rename, rm, writeFile } from 'node:fs/promises';
import { MetricsError } from './errors.js';
import type { Metrics } from './metrics.js';

export interface Outlet {
  /** For messages. */
  readonly name: string;
  /** Rejects with the error, within a bounded time. */
  send(metrics: Metrics): Promise<void>;
}

/** A gateway in the same network answers in milliseconds. The end of a run waits at most this long. */
const PUSH_MS_MAX = 10_000;

/** Length of an error in a message: a gateway may answer with a page of text. */
const ANSWER_CHARS_MAX = 200;

/** node_exporter runs as another user and must be able to read the file. */
const TEXTFILE_MODE = 0o644;

/** @throws MetricsError METRICS_TEXTFILE */
export function parseTextfile(text: string): string {
  if (/[^/]\.prom$/.test(text)) return text;
  throw new MetricsError(
    'METRICS_TEXTFILE',
    `metrics file '${text}' must have a name that ends in .prom, because node_exporter reads no other files; write it like /var/lib/node_exporter/plugpull.prom`,
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

/** Replaces the file in one step, so that a reader gets the values of one moment. */
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
    // Without the password that the URL may contain.
    name: `Pushgateway ${url.origin}${url.pathname}`,
    send: (metrics) => metrics.push(url, PUSH_MS_MAX),
  };
}

export class Outlets {
  /** Reports a failure. */
  say: (text: string) => void;
  private readonly metrics: Metrics;
  private readonly outlets: readonly Outlet[];
  private readonly reported = new Map<Outlet, string>();
  private sending: Promise<void> | null = null;
  private again = false;

  constructor(metrics: Metrics, outlets: readonly Outlet[], say: (text: string) => void) {
    this.metrics = metrics;
    this.outlets = outlets;
    this.say = say;
  }

  /** Sends the current values once the previous ones have arrived. Resolves when all have arrived; never rejects. */
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
    // The same failure is reported once.
    if (trouble !== '' && this.reported.get(outlet) !== trouble)
      this.say(`plugpull: metrics: ${outlet.name}: ${trouble.trim()}; the run continues without this outlet`);
    this.reported.set(outlet, trouble);
  }
}
