/**
 * The loop of the mirrored path without the replication engine: submit, flush and reap, on the ring of P and S, in the
 * main thread. What an update is, and when it is acknowledged, is the matter of the class that extends it.
 */
import { NS_PER_MS } from '../base/clock.js';
import type { IoRing } from '../blockdev/blockDevice.js';
import { errnoName } from '../blockdev/errors.js';
import { CampaignError } from '../campaign/errors.js';
import { FlushPacing } from '../replication/flushPacing.js';
import { UpdateTimes } from '../replication/updateTimes.js';
import type { StorageAreaIndex } from '../tracker/core/devices.js';
import type { MirrorFigure } from './mirrorCases.js';
import type { Sample } from './rounds.js';

/** Signals are handled so often; it costs almost nothing. */
const YIELD_MS = 100;
const UNRESPONSIVE_MS = 30_000;
const ROUND_NS = NS_PER_MS;
/** Before the measurement, so that the JIT compiler has finished. */
const WARM_UP_MS = 100;

/** Tags of the ring: writes have 2 * slot + area, flushes follow those of the writes. */
export abstract class MirrorLoop {
  readonly times: UpdateTimes;
  protected readonly ring: IoRing;
  protected readonly pacing = new FlushPacing();
  protected acknowledged = 0;
  protected nowMs = 0;
  /** No I/O has completed since. */
  private quietSinceMs = 0;
  private readonly firstFlushTag: number;

  /** `slots`: tags of writes. */
  constructor(ring: IoRing, slots: number) {
    this.ring = ring;
    this.firstFlushTag = 2 * slots;
    this.times = new UpdateTimes(slots);
  }

  /** Obtains and submits what may be in flight now, and flushes what should be flushed. */
  protected abstract advance(): void;
  protected abstract written(area: StorageAreaIndex, slot: number): void;
  protected abstract flushed(area: StorageAreaIndex): void;

  protected flushTag(area: StorageAreaIndex): number {
    return this.firstFlushTag + area;
  }

  /** @throws CampaignError HARDWARE_FAILED at the first I/O that fails, INTERRUPTED through `breathe` */
  async measure(forMs: number, breathe: () => Promise<void>): Promise<Sample<MirrorFigure>> {
    await this.run(WARM_UP_MS, breathe);
    this.times.drain();
    const before = this.acknowledged;
    const cpu = process.cpuUsage();
    const ms = await this.run(forMs, breathe);
    const used = process.cpuUsage(cpu);
    const updates = this.acknowledged - before;
    const { latencyMsP50, latencyMsP99, latencyMsP999 } = this.times.drain();
    return {
      updatesPerSecond: (updates * 1000) / ms,
      cpuMicrosecondsPerUpdate: (used.user + used.system) / Math.max(1, updates),
      latencyMsP50,
      latencyMsP99,
      latencyMsP999,
    };
  }

  private async run(forMs: number, breathe: () => Promise<void>): Promise<number> {
    const start = (this.nowMs = this.quietSinceMs = performance.now());
    let yieldedMs = start;
    while (this.nowMs - start < forMs) {
      this.advance();
      this.reap();
      if (this.nowMs - yieldedMs < YIELD_MS) continue;
      yieldedMs = this.nowMs;
      await breathe();
    }
    return this.nowMs - start;
  }

  private reap(): void {
    const { ring } = this;
    const taken = ring.submitAndReap(1, ROUND_NS);
    this.nowMs = performance.now();
    if (taken > 0) this.quietSinceMs = this.nowMs;
    else if (this.nowMs - this.quietSinceMs > UNRESPONSIVE_MS)
      throw new CampaignError('HARDWARE_FAILED', `no I/O completed in ${UNRESPONSIVE_MS / 1000} s; see \`dmesg\``);
    for (let i = 0; i < taken; i++) {
      const result = ring.result(i);
      if (result < 0)
        throw new CampaignError('HARDWARE_FAILED', `an I/O failed with ${errnoName(result)}; see \`dmesg\``);
      this.ended(i, ring.tag(i));
    }
  }

  private ended(i: number, tag: number): void {
    const area = (tag % 2) as StorageAreaIndex;
    const isFlush = tag >= this.firstFlushTag;
    this.pacing.ended(area, isFlush, this.ring.submittedNs(i), this.ring.completedNs(i));
    if (isFlush) this.flushed(area);
    else this.written(area, tag >> 1);
  }
}
