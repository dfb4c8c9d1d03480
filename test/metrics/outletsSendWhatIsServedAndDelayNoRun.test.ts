/**
 * The file is replaced in one step, the gateway gets the group of the rig, and a failure is reported once and ends no
 * run.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.js';
import {
  Outlets,
  parsePushUrl,
  parseTextfile,
  pushOutlet,
  textfileOutlet,
  type Outlet,
} from '../../src/metrics/outlets.js';
import { serveMetrics } from '../../src/metrics/server.js';
import { oneCycle } from './samples.js';

const dir = mkdtempSync(join(tmpdir(), 'plugpull-outlets-'));
const servers: Server[] = [];
/** Bounds a hang only. */
const HANG = { timeout: 30_000 };
afterEach(() => servers.splice(0).forEach((s) => s.close()));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function metricsOfOneCycle(): ReturnType<typeof createMetrics> {
  const metrics = createMetrics('bench', ['P']);
  oneCycle(metrics);
  return metrics;
}

async function gateway(
  status: number,
  answer = '',
): Promise<{ url: URL; got: { method?: string; path?: string; body: string }[] }> {
  const got: { method?: string; path?: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      got.push({ method: request.method, path: request.url, body });
      response.writeHead(status).end(answer);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), got };
}

async function said(outlets: readonly Outlet[], times: number): Promise<string[]> {
  const lines: string[] = [];
  const all = new Outlets(metricsOfOneCycle(), outlets, (text) => lines.push(text));
  for (let i = 0; i < times; i++) await all.send();
  return lines;
}

describe('a text file', () => {
  it('has the served text, is readable for other users, and is the only file in its directory', async () => {
    const file = join(dir, 'plugpull.prom');
    expect(await said([textfileOutlet(file)], 2)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(await metricsOfOneCycle().render());
    expect(statSync(file).mode & 0o444).toBe(0o444);
    expect(readdirSync(dir)).toEqual(['plugpull.prom']);
  });

  it('that cannot be written is reported once', async () => {
    const inTheWay = join(dir, 'way.prom');
    mkdirSync(inTheWay);
    const lines = await said([textfileOutlet(join(dir, 'nowhere', 'x.prom')), textfileOutlet(inTheWay)], 3);
    expect(lines).toHaveLength(2);
    expect(lines.join()).toMatch(/nowhere\/x\.prom: ENOENT/);
    expect(readdirSync(dir).filter((name) => name.endsWith('.new'))).toEqual([]);
  });
});

describe('a Pushgateway', () => {
  it('gets all metrics, in place of the earlier ones of this rig', async () => {
    const { url, got } = await gateway(200);
    expect(await said([pushOutlet(url)], 1)).toEqual([]);
    expect(got).toEqual([
      { method: 'PUT', path: '/metrics/job/plugpull/rig/bench', body: await metricsOfOneCycle().render() },
    ]);
  });

  it('that refuses or does not exist is reported without the password of its URL', async () => {
    const { url } = await gateway(400, 'pushed metrics are invalid');
    url.password = 'secret';
    url.username = 'me';
    const gone = new URL('http://127.0.0.1:1/');
    const lines = (await said([pushOutlet(url), pushOutlet(gone)], 2)).join('\n');
    expect(lines).toMatch(/status 400, pushed metrics are invalid/);
    expect(lines).toMatch(/127\.0\.0\.1:1\/: connect ECONNREFUSED/);
    expect(lines).not.toContain('secret');
  });
});

it('requests to send during a send are merged into one, with the newest values', async () => {
  const seen: string[] = [];
  const metrics = createMetrics('bench');
  let release = (): void => undefined;
  const slow: Outlet = {
    name: 'slow',
    send: async (m) => {
      seen.push(/verdict="pass",rig="bench"} (\d+)/.exec(await m.render())![1]);
      await new Promise<void>((resolve) => (release = resolve));
    },
  };
  const outlets = new Outlets(metrics, [slow], () => undefined);
  const all = outlets.send();
  await expect.poll(() => seen.length, HANG).toBe(1);
  for (let i = 0; i < 3; i++) {
    metrics.cycleEnded('PASS', 1);
    void outlets.send();
  }
  release();
  await expect.poll(() => seen.length, HANG).toBe(2);
  release();
  await all;
  expect(seen).toEqual(['0', '3']);
});

it('a caller that waits for a scrape is notified by a complete answer that began afterwards, and by no other', async () => {
  const metrics = createMetrics('bench');
  let rendering: (() => void) | null = null;
  let held = false;
  const slow = Object.create(metrics, {
    render: {
      value: async () => {
        if (held) await new Promise<void>((resolve) => (rendering = resolve));
        return metrics.render();
      },
    },
  }) as typeof metrics;
  const server = await serveMetrics(slow, { host: '127.0.0.1', port: 0 });
  try {
    let notified = 0;
    held = true;
    const before = fetch(server.url);
    await expect.poll(() => rendering, HANG).not.toBeNull();
    held = false;
    void server.scraped().then(() => notified++);
    rendering!();
    await (await before).text();
    await fetch(server.url, { method: 'HEAD' });
    await fetch(new URL('/healthz', server.url));
    expect(notified).toBe(0);
    await (await fetch(server.url)).text();
    await expect.poll(() => notified, HANG).toBe(1);
  } finally {
    await server.close();
  }
});

it('a wrong file name or URL is refused with the reason', () => {
  expect(() => parseTextfile('/tmp/metrics.txt')).toThrow(/must have a name that ends in \.prom/);
  expect(() => parseTextfile('.prom')).toThrow(/\.prom/);
  for (const text of ['gateway:9091', 'ftp://gateway', 'http://g/?a=b', ''])
    expect(() => parsePushUrl(text)).toThrow(/http or https URL/);
  expect(parsePushUrl('https://gateway.example:9091/base').href).toBe('https://gateway.example:9091/base');
});
