/** If a connection cannot be accepted (too many open files), the server reports no error and continues to serve. */
import { Server } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.js';
import { serveMetrics } from '../../src/metrics/server.js';

afterEach(() => vi.restoreAllMocks());

it('serves after accept has failed three times', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen');
  const metrics = await serveMetrics(createMetrics('bench'), { host: '127.0.0.1', port: 0 });
  try {
    const server = listen.mock.contexts[0] as Server;
    // Node emits the error like this; without a listener, it would end the process.
    for (let i = 0; i < 3; i++) server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect((await fetch(metrics.url)).status).toBe(200);
  } finally {
    await metrics.close();
  }
});
