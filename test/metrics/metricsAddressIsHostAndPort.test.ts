import { expect, it } from 'vitest';
import { parseMetricsAddress } from '../../src/metrics/server.js';

it.each([
  ['9464', '127.0.0.1', 9464],
  ['0', '127.0.0.1', 0],
  ['0.0.0.0:9464', '0.0.0.0', 9464],
  ['bench.example:80', 'bench.example', 80],
  ['[::1]:9464', '::1', 9464],
])('%s', (text, host, port) => {
  expect(parseMetricsAddress(text)).toEqual({ host, port });
});

it.each(['', 'x', ':9464', '65536', '-1', '::1:9464', 'a b:1', 'http://x:1', '1.5', '9464 '])(
  "'%s' is refused",
  (text) => {
    expect(() => parseMetricsAddress(text)).toThrow(expect.objectContaining({ code: 'METRICS_ADDRESS' }) as Error);
  },
);
