/**
 * The mirrored, tracked write path: the replication engine in its worker thread, as in a campaign, on P, S and J.
 * Updates of one size at random addresses; a figure counts acknowledged updates, which are durable on both areas. Not
 * included: the judge's history, which a campaign also writes.
 */
import { createReplicationEngine } from '../replication/worker/client.js';
import type { ReplicationEngine, ReplicationSnapshot, TrackingSpec } from '../replication/replicationEngine.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { WorkloadSpec } from '../workload/workload.js';
import { CampaignError } from '../campaign/errors.js';
import { MIRROR_CASE } from './rawIo.js';
import type { BenchmarkDevice, BenchmarkDevices } from './ioDevices.js';
import { engineSpec, regionBytesFor } from './engineSpec.js';
import { quantile } from './figures.js';

export type Mode = TrackingSpec['mode'];

export interface MirrorSample {
  acknowledgedPerSecond: number;
  /** Answers to the application; in async mode an answer precedes the acknowledgement. */
  answeredPerSecond: number;
  /** Milliseconds until the evidence of an update is durable; 0 if it was durable before. */
  evidenceWaitMsMedian: number;
  evidenceWaitMsP99: number;
  journalBytesPerUpdate: number;
  /** Of all threads of the process. */
  cpuMicrosecondsPerUpdate: number;
}

const WORKLOAD: WorkloadSpec = {
  queueDepth: MIRROR_CASE.depth,
  writesPerTransaction: { min: 1, max: 8 },
  writeBytes: { min: MIRROR_CASE.blockBytes, max: MIRROR_CASE.blockBytes },
  addresses: { pattern: 'uniform', skew: 0 },
  maxWritesPerSecond: 0,
};

/** One worker thread; it measures one after the other. */
export class MirrorPath {
  private readonly engine: ReplicationEngine;
  private readonly ffi: FfiName;
  private readonly devices: readonly BenchmarkDevice[];
  private readonly regionBytes: number;
  private readonly seen: SnapshotSums;

  private constructor(
    engine: ReplicationEngine,
    ffi: FfiName,
    { list, sizeBytes }: BenchmarkDevices,
    seen: SnapshotSums,
  ) {
    this.engine = engine;
    this.ffi = ffi;
    this.devices = list;
    this.regionBytes = regionBytesFor(sizeBytes);
    this.seen = seen;
  }

  /** `devices`: P, S and J. */
  static async start(ffi: FfiName, devices: BenchmarkDevices): Promise<MirrorPath> {
    const seen = new SnapshotSums();
    const engine = await createReplicationEngine(
      { onFailure: () => undefined, onSnapshot: (s) => seen.take(s) },
      { ffi },
    );
    return new MirrorPath(engine, ffi, devices, seen);
  }

  /** Formats the journal each time. @throws CampaignError HARDWARE_FAILED, ReplicationError, DeviceError */
  async measure(mode: Mode, seed: number, forMs: number, signal: AbortSignal): Promise<MirrorSample> {
    const { engine } = this;
    const stop = (): void => void engine.stop().catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await engine.open(engineSpec(this.devices, { mode, regionBytes: this.regionBytes, ffi: this.ffi }));
      await engine.format('clean');
      await engine.recover();
      this.seen.reset();
      const cpu = process.cpuUsage();
      const report = await engine.load(WORKLOAD, seed, forMs);
      const used = process.cpuUsage(cpu);
      // Does not wait for evidence to linger. The last snapshot includes what came after the end of the load.
      await engine.abandon();
      const { updatesAcknowledged: updates, durationMs } = report;
      if (updates === 0)
        throw new CampaignError(
          'HARDWARE_FAILED',
          `no update was acknowledged in ${Math.round(durationMs)} ms; raise --seconds, or see \`dmesg\``,
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

  /** Closes the devices, also in the middle of a measurement. */
  async end(): Promise<void> {
    await this.engine.stop();
    await this.engine.abandon().catch(() => undefined);
    await this.engine.terminate();
  }
}

/** Sums over the snapshots of one load; its first snapshot is the starting point. */
export class SnapshotSums {
  evidenceWaitSeconds: number[] = [];
  private last = 0;
  private before: number | null = null;
  private lastWrites = 0;
  private writesBefore = 0;

  reset(): void {
    this.before = null;
    this.evidenceWaitSeconds = [];
  }

  take(s: ReplicationSnapshot): void {
    this.last = s.writeBytes.journal;
    this.lastWrites = s.writes.journal;
    if (this.before !== null) for (const wait of s.evidenceWaitSeconds) this.evidenceWaitSeconds.push(wait);
    else if (s.phase === 'load') [this.before, this.writesBefore] = [this.last, this.lastWrites];
  }

  get journalWrites(): number {
    return this.before === null ? 0 : this.lastWrites - this.writesBefore;
  }

  get journalBytes(): number {
    return this.last - (this.before ?? this.last);
  }
}
