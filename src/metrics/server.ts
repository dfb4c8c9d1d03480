/**
 * Serves /metrics and /healthz, and nothing else. Reads only: no request changes anything. No encryption and no login;
 * whoever reaches the port reads the metrics, hence the default host.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsAddress } from './address.js';
import { MetricsError } from './errors.js';
import type { Metrics } from './metrics.js';

export interface MetricsServer {
  readonly host: string;
  /** The port in use, also when 0 was asked for. */
  readonly port: number;
  /** Of the metrics page. */
  readonly url: string;
  /** Resolves when the metrics have been given out once more, as they are now or later. */
  scraped(): Promise<void>;
  /** Idempotent; open connections are ended. */
  close(): Promise<void>;
}

/** A scrape sends one short request; whatever takes longer is not one. */
const REQUEST_MS_MAX = 10_000;
/** Prometheus keeps one connection; the rest is for people with curl. */
const CONNECTIONS_MAX = 64;

/** @throws MetricsError */
export async function serveMetrics(metrics: Metrics, address: MetricsAddress): Promise<MetricsServer> {
  const waiting = new Set<() => void>();
  const server = createServer(
    { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX },
    (request, response) => {
      // Who waits already will have the values of now in this answer.
      const waited = [...waiting];
      void answer(metrics, request, response, () => waited.forEach((done) => done()));
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, address);
  const { port } = server.address() as AddressInfo;
  const shownHost = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    host: address.host,
    port,
    url: `http://${shownHost}:${port}/metrics`,
    scraped: () => new Promise((resolve) => waiting.add(resolve)),
    close: () => close(server),
  };
}

/** `given`: called when the metrics have left. */
async function answer(
  metrics: Metrics,
  request: IncomingMessage,
  response: ServerResponse,
  given: () => void,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0];
  const send = (status: number, type: string, body: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const text = 'text/plain; charset=utf-8';
  if (path !== '/metrics' && path !== '/healthz') return send(404, text, 'there is /metrics and /healthz\n');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(405, text, 'only GET\n', { Allow: 'GET, HEAD' });
  if (path === '/healthz') return send(200, text, 'ok\n');
  try {
    const text = await metrics.render();
    if (request.method === 'GET') response.once('finish', given);
    send(200, metrics.contentType, text);
  } catch (error) {
    send(500, text, `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

function listen(server: Server, { host, port }: MetricsAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen({ host, port, exclusive: true }, () => {
      // From now on it is a connection that could not be taken (too many open files): the next scrape's affair, not the run's.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): MetricsError {
  const context = { host, port, cause: error.code ?? error.message };
  switch (error.code ?? 'UNKNOWN') {
    case 'EADDRINUSE':
      return new MetricsError(
        'METRICS_PORT_IN_USE',
        `metrics port ${port} on ${host} is in use; choose another one, or 0 for any`,
        context,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new MetricsError(
        'METRICS_HOST',
        `metrics host ${host} is not an address of this machine; leave it out for this host alone`,
        context,
      );
    case 'EACCES':
      return new MetricsError(
        'METRICS_DENIED',
        `metrics port ${port} on ${host} is not allowed to this user; choose one above 1023`,
        context,
      );
    default:
      return new MetricsError(
        'METRICS_LISTEN',
        `metrics on ${host}:${port} can't be served (${context.cause})`,
        context,
      );
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
