/** The phase of the worker and its progress. Makes the snapshots that the main thread shows and exports. */
import type { Core } from '../../tracker/core/core.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { BLOCK_BYTES } from '../../tracker/journal/layout.js';
import type { Meter } from '../meter.js';
import { ResyncForecast } from '../resyncForecast.js';
import type { ReplicationSnapshot } from '../replicationEngine.js';

/** At most ten snapshots a second. */
const SNAPSHOT_INTERVAL_MS = 100;

export interface PhaseContext {
  core: Core | null;
  regionCount: number;
  logBytes: number;
}

export class Phase {
  doneBytes = 0;
  /** 0: the phase has no measurable end. */
  totalBytes = 0;
  readonly forecast = new ResyncForecast();
  private name = 'closed';
  private startedMs = 0;
  private dueMs = 0;
  private readonly meter: Meter;
  private readonly send: (s: ReplicationSnapshot) => void;
  private readonly context: () => PhaseContext;

  constructor(meter: Meter, send: (s: ReplicationSnapshot) => void, context: () => PhaseContext) {
    this.meter = meter;
    this.send = send;
    this.context = context;
  }

  enter(name: string, totalBytes: number): void {
    this.name = name;
    this.totalBytes = totalBytes;
    this.doneBytes = 0;
    this.forecast.reset();
    this.startedMs = performance.now();
    this.dueMs = 0;
    this.sendIfDue();
  }

  sendIfDue(): void {
    const now = performance.now();
    if (now < this.dueMs) return;
    this.dueMs = now + SNAPSHOT_INTERVAL_MS;
    this.send(this.snapshot(now));
  }

  private snapshot(nowMs: number): ReplicationSnapshot {
    const { meter } = this;
    const { core, regionCount, logBytes } = this.context();
    const [primary, secondary, journal] = meter.writeDurations.map((d) => d.drain());
    const byArea = (n: readonly number[]) => ({ primary: n[PRIMARY], secondary: n[SECONDARY], journal: n[JOURNAL] });
    const resyncs = this.name === 'resync';
    const remaining = resyncs ? (core?.awaitingRegions ?? 0) : 0;
    if (resyncs) this.forecast.observe(remaining, nowMs);
    const secondsLeft = this.forecast.secondsLeft();
    const seconds = (nowMs - this.startedMs) / 1000;
    return {
      phase: this.name,
      regionCount,
      dirtyRegions: core?.dirtyRegions ?? 0,
      persistedIndicators: core?.awaitingRegions ?? 0,
      updatesInFlight: core?.updatesInFlight ?? 0,
      logUsedBytes: core === null ? 0 : 2 * BLOCK_BYTES * core.log.usedBlocks,
      logBytes,
      writes: byArea(meter.writes),
      writeBytes: byArea(meter.writeBytes),
      resyncBytes: meter.resyncBytes,
      resyncRemainingRegions: remaining,
      ...(secondsLeft === undefined ? {} : { resyncSecondsLeft: secondsLeft }),
      phaseDone: this.totalBytes === 0 ? 0 : Math.min(1, this.doneBytes / this.totalBytes),
      phaseBytesPerSecond: seconds > 0 ? this.doneBytes / seconds : 0,
      writeDurations: { primary, secondary, journal },
      evidenceWaits: meter.evidenceWaits.drain(),
      evidenceWaitSeconds: meter.drainEvidenceSamples(),
    };
  }
}
