/** Promise: the engine works with the smallest and largest sizes that a profile may have. */
import { expect, it } from 'vitest';
import type { MirrorSpec } from './mirror.js';
import { loadSome, MIB, useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();

interface Edge {
  name: string;
  mirror: MirrorSpec;
  queueDepth?: number;
  loadMs?: number;
  writeBytes?: { min: number; max: number };
}

const EDGES: Edge[] = [
  { name: 'regions of 4 KiB', mirror: { tracking: { regionBytes: 4096 } } },
  { name: 'one region of 1 GiB', mirror: { tracking: { regionBytes: 2 ** 30 } } },
  { name: 'a short last region', mirror: { areaBytes: 16 * MIB + 12288, tracking: { regionBytes: MIB } } },
  { name: 'areas of unequal size', mirror: { areaBytes: 16 * MIB, secondaryBytes: 12 * MIB + 4096 } },
  { name: 'the smallest log', mirror: { logBytes: 65536, journalBytes: MIB } },
  {
    name: 'the smallest log and regions of 4 KiB',
    mirror: { logBytes: 65536, journalBytes: MIB, tracking: { regionBytes: 4096 } },
  },
  { name: 'a large log', mirror: { logBytes: 64 * MIB, journalBytes: 72 * MIB } },
  { name: 'queue depth 1', mirror: {}, queueDepth: 1 },
  { name: 'queue depth 1024', mirror: {}, queueDepth: 1024, loadMs: 3000 },
  { name: 'sectors of 4096 bytes', mirror: { sectorBytes: 4096 } },
  { name: 'writes of 256 KiB', mirror: { tracking: { regionBytes: 4096 } }, writeBytes: { min: 262144, max: 262144 } },
  { name: 'FUA instead of flushes', mirror: { durability: 'fua' } },
  { name: 'no lingering evidence', mirror: { tracking: { lingerMs: 0, hotRegions: 0 } } },
  { name: 'ffi-napi', mirror: { ffi: 'ffi-napi' } },
];

it.each(EDGES)('loads, recovers, judges and resynchronizes with $name', async (edge) => {
  const { engine, spec } = await mirrors.prepared(edge.mirror);
  const workload = {
    ...WORKLOAD,
    queueDepth: edge.queueDepth ?? 16,
    writeBytes: edge.writeBytes ?? WORKLOAD.writeBytes,
  };
  const load = await loadSome(engine, workload, 3, edge.loadMs ?? 300);
  expect(load.updatesAcknowledged).toBeGreaterThan(0);
  await engine.abandon();
  await engine.open(spec);
  await engine.recover();
  const judged = await engine.judge();
  expect(judged).toMatchObject({ lostIndicators: 0, lostAcknowledgedSectors: 0 });
  expect(judged.areas.primary.faults).toEqual({});
  expect(judged.areas.secondary.faults).toEqual({});
  expect(await engine.resync()).toMatchObject({ complete: true });
  expect(await engine.verify()).toMatchObject({ equal: true });
  await engine.close();
});
