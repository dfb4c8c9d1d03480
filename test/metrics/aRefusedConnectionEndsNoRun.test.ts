/** Promise: when a connection can't be taken (too many open files), the server tells nobody and goes on serving. */
import { Server } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.js';
import { serveMetrics } from '../../src/metrics/server.js';

afterEach(() => vi.restoreAllMocks());

it('accept fails, again and again', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen');
  const metrics = await serveMetrics(createMetrics('bench'), { host: '127.0.0.1', port: 0 });
  try {
    const server = listen.mock.contexts[0] as Server;
    // As Node emits it; without a listener it would be thrown.
    for (let i = 0; i < 3; i++) server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect((await fetch(metrics.url)).status).toBe(200);
  } finally {
    await metrics.close();
  }
});
