/**
 * The metrics of one run: served while it runs and, at its end, until they are read once more; written to a file;
 * pushed to a gateway.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Interrupts } from '../campaign/session/interrupts.js';
import { type CampaignObserver, metricsObserver } from '../campaign/observer.js';
import { type MetricsAddress, type MetricsServer, parseMetricsAddress, serveMetrics } from '../metrics/server.js';
import { createMetrics, type Metrics } from '../metrics/metrics.js';
import { Outlets, parsePushUrl, parseTextfile, pushOutlet, textfileOutlet } from '../metrics/outlets.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { parseDuration } from '../rig/units.js';
import { printError } from './output.js';

export interface MetricsOptions {
  metrics?: MetricsAddress;
  /** Longest wait at the end of the run for one more scrape, in ms. */
  metricsLinger?: number;
  metricsTextfile?: string;
  metricsPush?: URL;
}

/** Two scrapes at the usual interval of Prometheus, 15 s. */
const LINGER_MS = 30_000;
const LINGER_MS_MAX = 600_000;

export function addMetricsOptions(command: Command): Command {
  return command
    .option(
      '--metrics <[host:]port>',
      'serve Prometheus metrics during the run (default host: 127.0.0.1)',
      parseMetricsAddress,
    )
    .option(
      '--metrics-linger <time>',
      `with --metrics: longest wait at the end for one more scrape, 0s to 10min (default: ${LINGER_MS / 1000}s)`,
      lingerMs,
    )
    .option(
      '--metrics-textfile <file>',
      'write the metrics to this file, NAME.prom, after each cycle, for node_exporter',
      parseTextfile,
    )
    .option('--metrics-push <url>', 'push the metrics to a Pushgateway after each cycle', parsePushUrl);
}

function lingerMs(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(`It must be a time from 0 to 10min; ${parsed.next}.`);
  if (parsed.value > LINGER_MS_MAX) throw new InvalidArgumentError('It must be a time from 0 to 10min.');
  return parsed.value;
}

export class RunMetrics {
  readonly metrics: Metrics;
  readonly observer: CampaignObserver;
  readonly server: MetricsServer | null;
  private readonly outlets: Outlets;
  private readonly options: MetricsOptions;

  private constructor(metrics: Metrics, server: MetricsServer | null, outlets: Outlets, options: MetricsOptions) {
    this.metrics = metrics;
    this.server = server;
    this.outlets = outlets;
    this.options = options;
    const counted = metricsObserver(metrics);
    const send = (): void => void outlets.send();
    this.observer = {
      ...counted,
      // Zeros first: Prometheus needs an earlier value to show an increase.
      opened: send,
      cycleEnded(state, record) {
        counted.cycleEnded?.(state, record);
        send();
      },
    };
  }

  /** @throws MetricsError if the port is in use; file and gateway only print their errors */
  static async open(rig: ResolvedRig, options: MetricsOptions): Promise<RunMetrics> {
    const metrics = createMetrics(
      rig.name,
      rig.rails.map((r) => r.name),
    );
    const server = options.metrics === undefined ? null : await serveMetrics(metrics, options.metrics);
    const outlets = [
      ...(options.metricsTextfile === undefined ? [] : [textfileOutlet(options.metricsTextfile)]),
      ...(options.metricsPush === undefined ? [] : [pushOutlet(options.metricsPush)]),
    ];
    return new RunMetrics(metrics, server, new Outlets(metrics, outlets, printError), options);
  }

  /** How errors of file and gateway are printed from now on. */
  says(say: (text: string) => void): void {
    this.outlets.say = say;
  }

  /**
   * Delivers the final values, and waits for one more scrape. Ctrl-C ends the wait and does not change the run's
   * result.
   */
  async finish(interrupts: Interrupts, say: (text: string) => void): Promise<void> {
    this.outlets.say = printError;
    await this.outlets.send();
    const limitMs = this.options.metricsLinger ?? LINGER_MS;
    // After Ctrl-C there is no wait.
    if (this.server === null || limitMs === 0 || interrupts.requested) return;
    say(
      `metrics: waiting up to ${limitMs / 1000} s for ${this.server.url} to be read once more; Ctrl-C ends the wait, --metrics-linger sets it`,
    );
    const over = new AbortController();
    const interrupted = new Promise<void>((resolve) => interrupts.onFirst(resolve));
    const read = this.server.scraped().then(() => true);
    const isRead = await Promise.race([
      read,
      interrupted,
      sleep(limitMs, undefined, { signal: over.signal }).catch(() => undefined),
    ]);
    over.abort();
    if (isRead !== true)
      say(
        'metrics: the final values were not scraped; raise --metrics-linger, or use --metrics-textfile or --metrics-push',
      );
  }

  async close(): Promise<void> {
    await this.server?.close();
  }
}
