import { afterEach, expect, it } from 'vitest';
import { MetricsError } from '../../src/metrics/errors.js';
import { createMetrics } from '../../src/metrics/metrics.js';
import { serveMetrics, type MetricsServer } from '../../src/metrics/server.js';

const open: MetricsServer[] = [];
afterEach(async () => {
  for (const s of open.splice(0)) await s.close();
});

async function serve(port = 0, host = '127.0.0.1'): Promise<MetricsServer> {
  const server = await serveMetrics(createMetrics('bench'), { host, port });
  open.push(server);
  return server;
}

it('/metrics gives the metrics, /healthz says ok', async () => {
  const { url } = await serve();
  const metrics = await fetch(url);
  expect(metrics.status).toBe(200);
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await metrics.text()).toContain('plugpull_cycles_total{verdict="pass",rig="bench"} 0\n');
  const health = await fetch(new URL('/healthz', url));
  expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
  expect((await fetch(`${url}?x=1`)).status).toBe(200);
  expect(await (await fetch(url, { method: 'HEAD' })).text()).toBe('');
});

it('other paths do not exist, and other methods are not allowed', async () => {
  const { url } = await serve();
  for (const path of ['/', '/metrics/', '/metricsx', '//metrics', '/../etc/passwd', '/%6detrics']) {
    expect([path, (await fetch(new URL(url).origin + path)).status]).toEqual([path, 404]);
  }
  const post = await fetch(url, { method: 'POST', body: 'x' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

it('if rendering fails, the request gets status 500 and the server continues', async () => {
  const broken = {
    ...createMetrics('bench'),
    contentType: 'text/plain',
    render: () => Promise.reject(new Error('broken')),
  };
  const server = await serveMetrics(broken as never, { host: '127.0.0.1', port: 0 });
  open.push(server);
  expect((await fetch(server.url)).status).toBe(500);
  expect((await fetch(new URL('/healthz', server.url))).status).toBe(200);
});

it('a port in use is refused with its number', async () => {
  const { port } = await serve();
  const error: unknown = await serve(port).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(MetricsError);
  expect((error as MetricsError).code).toBe('METRICS_PORT_IN_USE');
  expect((error as MetricsError).message).toBe(
    `metrics: TCP port ${port} on 127.0.0.1 is in use; choose another one, or 0 for any`,
  );
});

it('a host that is no address of this machine is refused', async () => {
  const error: unknown = await serveMetrics(createMetrics('bench'), { host: '192.0.2.1', port: 0 }).catch(
    (e: unknown) => e,
  );
  expect((error as MetricsError).code).toBe('METRICS_HOST');
});

it('close frees the TCP port, also with an open connection, and may be called twice', async () => {
  // A loopback address that no other program uses, because another program could take a TCP port that is free again.
  const host = `127.${1 + (process.pid % 250)}.${1 + ((process.pid >> 8) % 250)}.9`;
  const server = await serve(0, host);
  await fetch(server.url);
  await server.close();
  await server.close();
  expect((await serve(server.port, host)).port).toBe(server.port);
});
