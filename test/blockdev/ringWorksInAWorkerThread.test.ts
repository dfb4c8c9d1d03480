/**
 * Promise: ring, devices and sector tools work in worker threads, several at once, and leave no exclusive open behind.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { loadNative } from '../../src/blockdev/ffi/loadNative.js';
import { openDevice } from '../../src/blockdev/openDevice.js';
import { useLoops } from './loop.js';

const loops = useLoops();
/** A worker runs compiled code: run `npm run build:ts` before the tests. */
const BUILT = fileURLToPath(new URL('../../dist/blockdev/', import.meta.url));

const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
(async () => {
  const { openDevice } = await import(workerData.built + 'openDevice.js');
  const { createIoRing } = await import(workerData.built + 'ioRing.js');
  const { sectorTools } = await import(workerData.built + 'sectorTools.js');
  const device = openDevice(workerData.path);
  const ring = createIoRing({ ffi: workerData.ffi, depth: 32, arenaBytes: 4 << 20, devices: [device] });
  const tools = sectorTools(workerData.ffi);
  let bytes = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 32; i++) {
      tools.stamp(ring.arena, i * 4096, 4096, { runId: 1, updateId: round, transactionId: 0, firstLba: i * 8 });
      ring.push(2, 0, i, i * 4096, 4096, i * 4096);
    }
    while (ring.inFlight > 0) {
      const taken = ring.submitAndReap(ring.inFlight, 20e9);
      for (let i = 0; i < taken; i++) bytes += ring.result(i);
    }
  }
  ring.push(1, 0, 0, 31 * 4096, 4096, 1 << 20);
  ring.submitAndReap(1, 20e9);
  const seen = new Float64Array(48);
  tools.scan(ring.arena, 1 << 20, 4096, seen);
  const kind = ring.kind;
  ring.close();
  device.close();
  parentPort.postMessage({ kind, bytes, updateId: seen[2], lba: seen[3] });
})().catch((error) => parentPort.postMessage({ error: String(error.stack) }));
`;

function runWorker(path: string, ffi: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(PROGRAM, { eval: true, workerData: { path, ffi, built: BUILT } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}

it('two workers run at once, one per FFI', async () => {
  // ffi-napi crashes the process when its last thread ends. So this thread holds the library too, as the main thread
  // does.
  for (const ffi of ['koffi', 'ffi-napi'] as const) loadNative(ffi);
  const two = [loops.loop(), loops.loop()];
  const results = await Promise.all([runWorker(two[0]!.path, 'koffi'), runWorker(two[1]!.path, 'ffi-napi')]);
  for (const result of results) expect(result).toMatchObject({ bytes: 50 * 32 * 4096, updateId: 49, lba: 31 * 8 });
  for (const { path } of two) openDevice(path).close();
});
