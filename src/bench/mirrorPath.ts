/**
 * The mirrored, tracked write path: the engine in its worker thread, as a campaign runs it, on P, S and J. Updates of one
 * size at random places; counted are those acknowledged, which is durable on both areas. Not included: the judge's
 * history, which a campaign also writes.
 */
import { randomUUID } from 'node:crypto';
import { createReplicationEngine } from '../replication/worker/client.js';
import type {
  ReplicationEngine,
  ReplicationSnapshot,
  ReplicationSpec,
  TrackingSpec,
} from '../replication/replicationEngine.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { WorkloadSpec } from '../workload/workload.js';
import { CampaignError } from '../campaign/errors.js';
import { newRunId } from '../campaign/record/runDirectory.js';
import { MIRROR_CASE } from './ioCases.js';
import type { BenchDevice, BenchDevices } from './ioDevices.js';
import { quantile } from './figures.js';

export type Mode = TrackingSpec['mode'];

export interface MirrorSample {
  acknowledgedPerSecond: number;
  /** To the application: in async mode ahead of the acknowledgement. */
  answeredPerSecond: number;
  /** Milliseconds from obtaining an update to its evidence being durable; 0 where it was already. */
  evidenceWaitMsMedian: number;
  evidenceWaitMsP99: number;
  journalBytesPerUpdate: number;
  /** Of the whole process, all threads. */
  cpuMicrosecondsPerUpdate: number;
}

/** Large areas get large regions, so that any journal of a few MiB holds their indicators. */
const REGION_BYTES_MIN = 2 ** 16;
const REGIONS_MAX = 2 ** 20;

/** A profile's defaults. */
const TRACKING: Omit<TrackingSpec, 'mode' | 'regionBytes'> = {
  acknowledge: 'durable',
  lingerMs: 5000,
  hotRegions: 1024,
  ackTimeoutMs: 30_000,
  groupCommitMs: 2,
  flushEveryWrites: 64,
  flushIntervalMs: 20,
};
const LOG_BYTES = 4 * 2 ** 20;
const WORKLOAD: WorkloadSpec = {
  queueDepth: MIRROR_CASE.depth,
  writesPerTransaction: { min: 1, max: 8 },
  writeBytes: { min: MIRROR_CASE.blockBytes, max: MIRROR_CASE.blockBytes },
  addresses: { pattern: 'uniform', skew: 0 },
  maxWritesPerSecond: 0,
};

/** One engine thread; measurements one after the other. */
export class MirrorPath {
  private readonly engine: ReplicationEngine;
  private readonly ffi: FfiName;
  private readonly devices: readonly BenchDevice[];
  private readonly regionBytes: number;
  private readonly seen: SnapshotSums;

  private constructor(engine: ReplicationEngine, ffi: FfiName, { list, sizeBytes }: BenchDevices, seen: SnapshotSums) {
    this.engine = engine;
    this.ffi = ffi;
    this.devices = list;
    this.regionBytes = Math.max(REGION_BYTES_MIN, 2 ** Math.ceil(Math.log2(sizeBytes / REGIONS_MAX)));
    this.seen = seen;
  }

  /** `devices`: P, S and J. */
  static async start(ffi: FfiName, devices: BenchDevices): Promise<MirrorPath> {
    const seen = new SnapshotSums();
    const engine = await createReplicationEngine(
      { onFailure: () => undefined, onSnapshot: (s) => seen.take(s) },
      { ffi },
    );
    return new MirrorPath(engine, ffi, devices, seen);
  }

  /** A fresh journal each time. @throws CampaignError HARDWARE_FAILED, ReplicationError, DeviceError */
  async measure(mode: Mode, seed: number, forMs: number, signal: AbortSignal): Promise<MirrorSample> {
    const { engine } = this;
    const stop = (): void => void engine.stop().catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await engine.open(this.spec(mode));
      await engine.format('clean');
      await engine.recover();
      this.seen.reset();
      const cpu = process.cpuUsage();
      const report = await engine.load(WORKLOAD, seed, forMs);
      const used = process.cpuUsage(cpu);
      // Leaves the evidence that lingers; its last snapshot holds what the load's end did not tell any more.
      await engine.abandon();
      const { updatesAcknowledged: updates, durationMs } = report;
      if (updates === 0)
        throw new CampaignError(
          'HARDWARE_FAILED',
          `no update was acknowledged in ${Math.round(durationMs)} ms; measure for longer, or see the kernel log`,
        );
      const waits = this.seen.evidenceWaitSeconds.sort((a, b) => a - b);
      return {
        acknowledgedPerSecond: (updates * 1000) / durationMs,
        answeredPerSecond: (report.updatesAnswered * 1000) / durationMs,
        evidenceWaitMsMedian: quantile(waits, 0.5) * 1000,
        evidenceWaitMsP99: quantile(waits, 0.99) * 1000,
        journalBytesPerUpdate: this.seen.journalBytes / report.updatesIssued,
        cpuMicrosecondsPerUpdate: (used.user + used.system) / updates,
      };
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Lets go of the devices, whatever it was doing. */
  async end(): Promise<void> {
    await this.engine.stop();
    await this.engine.abandon().catch(() => undefined);
    await this.engine.terminate();
  }

  private spec(mode: Mode): ReplicationSpec {
    const [primary, secondary, journal] = this.devices.map((d) => ({ ...d, durability: 'flush' as const }));
    return {
      rigUuid: randomUUID(),
      primary,
      secondary,
      journal: { ...journal, logBytes: LOG_BYTES },
      tracking: { ...TRACKING, mode, regionBytes: this.regionBytes },
      ffi: this.ffi,
      runId: newRunId(),
      historyDir: null,
    };
  }
}

/** Adds up what the snapshots of one load tell; the first of them tells what was before. */
class SnapshotSums {
  evidenceWaitSeconds: number[] = [];
  private last = 0;
  private before: number | null = null;

  reset(): void {
    this.before = null;
    this.evidenceWaitSeconds = [];
  }

  take(s: ReplicationSnapshot): void {
    this.last = s.writeBytes.journal;
    if (this.before !== null) for (const wait of s.evidenceWaitSeconds) this.evidenceWaitSeconds.push(wait);
    else if (s.phase === 'load') this.before = this.last;
  }

  get journalBytes(): number {
    return this.last - (this.before ?? this.last);
  }
}
