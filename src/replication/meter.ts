/** Counters and samples of the worker, for the snapshots that the main thread shows and exports. */
import type { DurationCounts } from './replicationEngine.js';

/**
 * Upper bounds, in seconds, of the buckets in which the worker counts durations of I/O. A change makes runs recorded
 * earlier incomparable.
 *
 * 10 µs is the cache of an NVMe drive, 10 s the usual acknowledgement timeout. Three bounds per decade keep a quantile
 * within a factor of about two.
 */
export const IO_SECONDS = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
  1, 2.5, 5, 10,
];

/** Counts of no durations. */
export function noDurations(): DurationCounts {
  return { counts: emptyCounts(), sumSeconds: 0 };
}

function emptyCounts(): number[] {
  return new Array<number>(IO_SECONDS.length + 1).fill(0);
}

/** Counts every duration in its bucket, in constant space. */
export class DurationCounter {
  private counts = emptyCounts();
  private sumSeconds = 0;

  add(seconds: number): void {
    let i = 0;
    while (i < IO_SECONDS.length && seconds > IO_SECONDS[i]) i++;
    this.counts[i]++;
    this.sumSeconds += seconds;
  }

  /** Returns the counts since the last call. */
  drain(): DurationCounts {
    const taken = { counts: this.counts, sumSeconds: this.sumSeconds };
    this.counts = emptyCounts();
    this.sumSeconds = 0;
    return taken;
  }
}

/** Samples kept between two snapshots: enough for a median, and bounded when no snapshot is taken. */
const SAMPLES_MAX = 2000;

export class Meter {
  readonly writes = [0, 0, 0];
  readonly writeBytes = [0, 0, 0];
  readonly flushes = [0, 0, 0];
  resyncBytes = 0;
  readonly writeDurations = [new DurationCounter(), new DurationCounter(), new DurationCounter()];
  readonly evidenceWaits = new DurationCounter();
  private evidenceSamples: number[] = [];

  wrote(device: number, bytes: number, seconds: number): void {
    this.writes[device]++;
    this.writeBytes[device] += bytes;
    this.writeDurations[device].add(seconds);
  }

  evidenceWait(seconds: number): void {
    const waited = Math.max(0, seconds);
    this.evidenceWaits.add(waited);
    if (this.evidenceSamples.length < SAMPLES_MAX) this.evidenceSamples.push(waited);
  }

  resynced(bytes: number): void {
    this.resyncBytes += bytes;
  }

  drainEvidenceSamples(): number[] {
    const taken = this.evidenceSamples;
    this.evidenceSamples = [];
    return taken;
  }
}
