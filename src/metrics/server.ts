/**
 * Serves /metrics and /healthz, and nothing else. No request changes anything. There is no encryption and no login:
 * every program that reaches the TCP port can read the metrics. Therefore the default host is the loopback address.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MetricsError } from './errors.js';
import type { Metrics } from './metrics.js';

export interface MetricsServer {
  readonly host: string;
  /** The TCP port in use; if 0 was requested, the one that the kernel chose. */
  readonly port: number;
  /** The URL of the metrics page. */
  readonly url: string;
  /** Resolves when a client has received the metrics as they are now, or newer ones. */
  scraped(): Promise<void>;
  /** Closes open connections too. May be called again. */
  close(): Promise<void>;
}

/** A scrape sends one short request; a slower client is no Prometheus server. */
const REQUEST_MS_MAX = 10_000;
/** Prometheus needs one connection; the others are for people with curl. */
const CONNECTIONS_MAX = 64;

/** @throws MetricsError */
export async function serveMetrics(metrics: Metrics, address: MetricsAddress): Promise<MetricsServer> {
  const waiting = new Set<() => void>();
  const server = createServer(
    { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX },
    (request, response) => {
      // Callers that already wait for a scrape get the current values with this answer.
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

/** `given` is called when the metrics have been sent. */
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
  if (path !== '/metrics' && path !== '/healthz') return send(404, text, 'not found; /metrics and /healthz exist\n');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(405, text, 'only GET is allowed\n', { Allow: 'GET, HEAD' });
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
      // Later errors are connections that could not be accepted (too many open files). The next scrape may succeed.
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
        `metrics: TCP port ${port} on ${host} is in use; choose another one, or 0 for any`,
        context,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new MetricsError(
        'METRICS_HOST',
        `metrics: host ${host} is not an address of this machine; leave it out to listen on the loopback address`,
        context,
      );
    case 'EACCES':
      return new MetricsError(
        'METRICS_DENIED',
        `metrics: this user may not listen on TCP port ${port} of ${host}; choose a port above 1023`,
        context,
      );
    default:
      return new MetricsError(
        'METRICS_LISTEN',
        `metrics: cannot listen on ${host}:${port} (${context.cause}); choose another address`,
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

export interface MetricsAddress {
  host: string;
  /** 0: any free port. */
  port: number;
}

/** There is no login, so only programs on this host may read the metrics, unless the user names another host. */
const DEFAULT_HOST = '127.0.0.1';

const PORT_MAX = 65_535;

/** `9464`, `0.0.0.0:9464`, `bench.example:9464`, `[::1]:9464`. @throws MetricsError METRICS_ADDRESS */
export function parseMetricsAddress(text: string): MetricsAddress {
  const m = /^(?:(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s:[\]/]+)):)?(\d{1,5})$/.exec(text);
  const port = m === null ? NaN : Number(m[3]);
  if (m === null || port > PORT_MAX) {
    throw new MetricsError(
      'METRICS_ADDRESS',
      `metrics address '${text}' must be [HOST:]PORT with a port from 0 to ${PORT_MAX}; write it like 9464 or [::1]:9464`,
      { text },
    );
  }
  return { host: m[1] ?? m[2] ?? DEFAULT_HOST, port };
}
