/** A mirror on loop devices that the test makes, and a replication engine for it. */
import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { HostPause } from '../../src/base/attendedTime.js';
import { createReplicationEngine } from '../../src/replication/worker/client.js';
import type {
  AreaFailure,
  ReplicationEngine,
  ReplicationSpec,
  LoadReport,
  TrackingSpec,
} from '../../src/replication/replicationEngine.js';
import type { WorkloadSpec } from '../../src/workload/workload.js';
import { useLoops } from '../blockdev/loop.js';

export const RIG_UUID = '01234567-89ab-4cde-8f01-23456789abcd';
export const MIB = 2 ** 20;

export interface MirrorSpec {
  areaBytes?: number;
  secondaryBytes?: number;
  journalBytes?: number;
  logBytes?: number;
  sectorBytes?: 512 | 4096;
  durability?: 'flush' | 'fua';
  tracking?: Partial<TrackingSpec>;
  ffi?: 'koffi' | 'ffi-napi';
}

export const TRACKING: TrackingSpec = {
  mode: 'sync',
  acknowledge: 'durable',
  regionBytes: 65536,
  lingerMs: 100,
  hotRegions: 64,
  ackTimeoutMs: 30_000,
  groupCommitMs: 2,
  flushEveryWrites: 32,
  flushIntervalMs: 10,
};

/** Bounds a hang only. */
const LOADS_MAX = 50;

export const WORKLOAD: WorkloadSpec = {
  queueDepth: 16,
  writesPerTransaction: { min: 1, max: 8 },
  writeBytes: { min: 4096, max: 65536 },
  addresses: { pattern: 'skewed', skew: 0.9 },
  maxWritesPerSecond: 0,
};

/** Call at the top of a test file. */
export function useMirrors() {
  const loops = useLoops();
  const engines: ReplicationEngine[] = [];
  let count = 0;
  afterAll(async () => {
    for (const engine of engines) await engine.terminate();
  });

  function devices(m: MirrorSpec = {}) {
    const areaBytes = m.areaBytes ?? 16 * MIB;
    const sectorBytes = m.sectorBytes ?? 512;
    return {
      primary: loops.loop({ sizeBytes: areaBytes, sectorBytes }),
      secondary: loops.loop({ sizeBytes: m.secondaryBytes ?? areaBytes, sectorBytes }),
      journal: loops.loop({ sizeBytes: m.journalBytes ?? 8 * MIB, sectorBytes }),
    };
  }

  function spec(d: ReturnType<typeof devices>, m: MirrorSpec = {}): ReplicationSpec {
    const durability = m.durability ?? 'flush';
    return {
      rigUuid: RIG_UUID,
      primary: { device: d.primary.path, durability },
      secondary: { device: d.secondary.path, durability },
      journal: { device: d.journal.path, durability, logBytes: m.logBytes ?? MIB },
      tracking: { ...TRACKING, ...m.tracking },
      ffi: m.ffi ?? 'koffi',
      runId: 4711,
      historyDir: join(loops.folder, `history${count++}`),
    };
  }

  async function engine(
    onFailure: (f: AreaFailure) => void = () => undefined,
    onPause: (pause: HostPause) => void = () => undefined,
  ): Promise<ReplicationEngine> {
    const e = await createReplicationEngine({ onFailure, onPause, onSnapshot: () => undefined }, { ffi: 'koffi' });
    engines.push(e);
    return e;
  }

  /** Devices with an empty journal and the base pattern on both areas, and an engine that has recovered them. */
  async function prepared(m: MirrorSpec = {}) {
    const d = devices(m);
    const s = spec(d, m);
    const e = await engine();
    await e.open(s);
    await e.format('clean');
    await e.prepare();
    await e.recover();
    return { devices: d, spec: s, engine: e };
  }

  return { loops, devices, spec, engine, prepared };
}

/** Loads, and loads again while no update was acknowledged: on a busy host one load may be too short for that. */
export async function loadSome(
  engine: ReplicationEngine,
  workload: WorkloadSpec,
  seed: number,
  durationMs: number,
): Promise<LoadReport> {
  for (let left = LOADS_MAX; ; left--) {
    const load = await engine.load(workload, seed, durationMs);
    if (load.updatesAcknowledged > 0 || left === 0) return load;
  }
}

/** Flips one bit in the backing file of a device, where the next O_DIRECT read of the device sees it. */
export function flip(file: string, offset: number): void {
  const fd = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  byte[0]! ^= 0x10;
  writeSync(fd, byte, 0, 1, offset);
  closeSync(fd);
}

/** Whether the compiled worker exists; `npm test` builds it first. */
export const isBuilt = existsSync(new URL('../../dist/replication/worker/worker.js', import.meta.url));
