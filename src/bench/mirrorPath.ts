/**
 * The mirrored, tracked write path: the replication engine in its worker thread, as in a campaign, on P, S and J. A
 * figure counts acknowledged updates, which are durable on both areas. Not included: the judge's history, which a
 * campaign also writes.
 */
import { createReplicationEngine } from '../replication/worker/client.js';
import type { ReplicationEngine } from '../replication/replicationEngine.js';
import type { DeviceRef } from '../blockdev/blockDevice.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import { CampaignError } from '../campaign/errors.js';
import type { BenchmarkDevices } from './ioDevices.js';
import { engineSpec } from './engineSpec.js';
import { regionBytesOf, workloadOf, type EngineFigure, type Mode, type WorkingSet } from './mirrorCases.js';
import type { Sample } from './rounds.js';

export interface MirrorLoad {
  set: WorkingSet;
  mode: Mode;
  depth: number;
  durability: DeviceRef['durability'];
  seed: number;
  forMs: number;
}

/** Before each measurement, so that the evidence of the hot set is durable. */
const WARM_UP_MS = 150;
/** Before the first, so that the JIT compiler has finished. */
const FIRST_WARM_UP_MS = 1000;

/** One worker thread; it measures one load after the other. */
export class MirrorPath {
  private readonly engine: ReplicationEngine;
  private readonly ffi: FfiName;
  private readonly devices: BenchmarkDevices;
  private warmUpMs = FIRST_WARM_UP_MS;

  private constructor(engine: ReplicationEngine, ffi: FfiName, devices: BenchmarkDevices) {
    this.engine = engine;
    this.ffi = ffi;
    this.devices = devices;
  }

  /** `devices`: P, S and J. */
  static async start(ffi: FfiName, devices: BenchmarkDevices): Promise<MirrorPath> {
    const engine = await createReplicationEngine({ onFailure: () => undefined, onSnapshot: () => undefined }, { ffi });
    return new MirrorPath(engine, ffi, devices);
  }

  /** Formats the journal each time. @throws CampaignError HARDWARE_FAILED, ReplicationError, DeviceError */
  async measure(load: MirrorLoad, signal: AbortSignal): Promise<Sample<EngineFigure>> {
    const { engine, ffi } = this;
    const { list, sizeBytes } = this.devices;
    const { set, mode, durability, depth, seed, forMs } = load;
    const stop = (): void => void engine.stop().catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const regionBytes = regionBytesOf(set, sizeBytes);
      await engine.open(engineSpec(list, { mode, regionBytes, ffi, durability }));
      await engine.format('clean');
      await engine.recover();
      const workload = workloadOf(set, depth);
      await engine.load(workload, seed, this.warmUpMs);
      this.warmUpMs = WARM_UP_MS;
      const cpu = process.cpuUsage();
      const { updatesAcknowledged: updates, durationMs, costs } = await engine.load(workload, seed + 1, forMs);
      const used = process.cpuUsage(cpu);
      // Does not wait until evidence has stopped lingering.
      await engine.abandon();
      if (updates === 0 || costs === undefined)
        throw new CampaignError(
          'HARDWARE_FAILED',
          `no update was acknowledged in ${Math.round(durationMs)} ms; raise --seconds, or see \`dmesg\``,
        );
      const { timings, flushes, journalBytes } = costs;
      return {
        updatesPerSecond: (updates * 1000) / durationMs,
        cpuMicrosecondsPerUpdate: (used.user + used.system) / updates,
        latencyMsP50: timings.latencyMsP50,
        latencyMsP99: timings.latencyMsP99,
        latencyMsP999: timings.latencyMsP999,
        evidenceMs: timings.evidenceMs,
        transferMs: timings.transferMs,
        flushMs: timings.flushMs,
        journalBytesPerUpdate: journalBytes / updates,
        journalFlushesPerUpdate: flushes.journal / updates,
        areaFlushesPerUpdate: (flushes.primary + flushes.secondary) / updates,
      };
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Closes the devices, also in the middle of a measurement. */
  async end(): Promise<void> {
    await this.engine.stop();
    await this.engine.abandon().catch(() => undefined);
    await this.engine.terminate();
  }
}
