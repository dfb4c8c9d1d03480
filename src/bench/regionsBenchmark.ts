/**
 * `bench regions`: what the size of a region costs on a workload. Small regions often wait for evidence and write more
 * to the journal; large regions make more bytes dirty than were changed. Each round loads with every size, ends as a
 * crash does, recovers, and resynchronizes what is dirty.
 */
import type { FfiName } from '../blockdev/ffi/native.js';
import { identify } from '../blockdev/openDevice.js';
import { CampaignError } from '../campaign/errors.js';
import type { ReplicationEngine } from '../replication/replicationEngine.js';
import { createReplicationEngine } from '../replication/worker/client.js';
import { journalLayout } from '../tracker/journal/layout.js';
import type { WorkloadSpec } from '../workload/workload.js';
import { coreMemory } from './coreMemory.js';
import { dirtyPerChanged } from './dirtyPerChanged.js';
import { engineSpec, LOG_BYTES } from './engineSpec.js';
import { quantile, type Interruption } from './figures.js';
import type { BenchmarkDevices } from './ioDevices.js';
import { SnapshotSums } from './snapshotSums.js';
import { summarizeRegions, type RegionSample, type RegionsBenchmarkResult } from './regionsReport.js';
import { Contender, runRounds } from './rounds.js';

export interface RegionsBenchmarkOptions {
  devices: BenchmarkDevices;
  seconds: number;
  rounds: number;
  ffi: FfiName;
  workload: WorkloadSpec;
}

const SIZES = Array.from({ length: 8 }, (_, i) => 4096 * 4 ** i);
/** With fewer regions nearly all of them are hot. */
const REGIONS_MIN = 4;
/** More than that is a matter of `bench core`: the journal alone would take minutes to format. */
const REGIONS_MAX = 2 ** 24;
/** In a shorter load the regions are not hot yet. */
const LOAD_MS_MIN = 300;
/** Of the workload, to count what it changes. */
const COUNTED_WRITES = 10_000;
const SEED = 1;

/** @throws CampaignError HARDWARE_FAILED, INTERRUPTED */
export async function benchmarkRegions(
  { devices, seconds, rounds, ffi, workload }: RegionsBenchmarkOptions,
  interruption: Interruption,
): Promise<RegionsBenchmarkResult> {
  const notes: string[] = [];
  const sizes = SIZES.filter((bytes) => fits(devices, bytes, notes));
  const forMs = Math.max(LOAD_MS_MIN, (seconds * 1000) / rounds / sizes.length);
  const seen = new SnapshotSums();
  const engine = await createReplicationEngine(
    { onFailure: () => undefined, onSnapshot: (s) => seen.take(s) },
    { ffi },
  );
  const stop = (): void => void engine.stop().catch(() => undefined);
  interruption.signal.addEventListener('abort', stop, { once: true });
  try {
    const measure = (regionBytes: number) => async (round: number) => {
      const spec = engineSpec(devices.list, { mode: 'sync', regionBytes, ffi });
      return loadAndCrash(engine, spec, workload, { seed: SEED + round, forMs, regionBytes }, seen);
    };
    const contenders = sizes.map((bytes) => new Contender<keyof RegionSample>(String(bytes), measure(bytes)));
    await runRounds([{ contenders }], rounds, interruption);
    const { bytesPerRegion } = coreMemory();
    const cases = sizes.map((regionBytes, i) => ({
      regionBytes,
      dirtyPerChanged: dirtyPerChanged(workload, devices.sizeBytes, regionBytes, {
        writes: COUNTED_WRITES,
        seed: SEED,
      }),
      memoryBytes: Math.ceil(devices.sizeBytes / regionBytes) * bytesPerRegion,
      figures: contenders[i].figures,
      rates: contenders[i].values('acknowledgedPerSecond'),
    }));
    return summarizeRegions({ devices: devices.description, seconds, rounds, ffi, workload }, cases, notes);
  } finally {
    interruption.signal.removeEventListener('abort', stop);
    await engine.stop();
    await engine.abandon().catch(() => undefined);
    await engine.terminate();
  }
}

function fits({ list, sizeBytes }: BenchmarkDevices, regionBytes: number, notes: string[]): boolean {
  const regions = Math.ceil(sizeBytes / regionBytes);
  if (regions < REGIONS_MIN) return false;
  const needed = journalLayout(LOG_BYTES, regions).totalBytes;
  const { sizeBytes: present } = identify(list[2].device);
  if (regions <= REGIONS_MAX && needed <= present) return true;
  notes.push(
    `regions of ${regionBytes} bytes are left out: ${regions} of them need a journal of ${needed} bytes (it has ${present}), and at most ${REGIONS_MAX} are measured`,
  );
  return false;
}

interface LoadSettings {
  seed: number;
  forMs: number;
  regionBytes: number;
}

async function loadAndCrash(
  engine: ReplicationEngine,
  spec: Parameters<ReplicationEngine['open']>[0],
  workload: WorkloadSpec,
  { seed, forMs, regionBytes }: LoadSettings,
  seen: SnapshotSums,
): Promise<RegionSample> {
  await engine.open(spec);
  await engine.format('clean');
  await engine.recover();
  seen.reset();
  const load = await engine.load(workload, seed, forMs);
  await engine.abandon();
  if (load.updatesAcknowledged === 0)
    throw new CampaignError(
      'HARDWARE_FAILED',
      `no update was acknowledged in ${Math.round(forMs)} ms; raise --seconds`,
    );
  const waits = seen.evidenceWaitSeconds.sort((a, b) => a - b);
  const { journalWrites, journalBytes } = seen;
  await engine.open(spec);
  const { dirtyRegions } = await engine.recover();
  const resync = await engine.resync();
  await engine.abandon();
  return {
    acknowledgedPerSecond: (load.updatesAcknowledged * 1000) / load.durationMs,
    journalWritesPerUpdate: journalWrites / load.updatesIssued,
    journalBytesPerUpdate: journalBytes / load.updatesIssued,
    evidenceWaitMsMedian: quantile(waits, 0.5) * 1000,
    evidenceWaitMsP99: quantile(waits, 0.99) * 1000,
    dirtyBytesAfterCrash: dirtyRegions * regionBytes,
    resyncMs: resync.durationMs,
  };
}
