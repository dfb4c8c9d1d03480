/** Counts and samples for the snapshot that the main thread shows and exports. */
import { DurationCounter } from './durationCounter.js';

/** Samples kept between two snapshots: enough for a median, bounded when nobody asks. */
const SAMPLES_MAX = 2000;

export class Meter {
  readonly writes = [0, 0, 0];
  readonly writeBytes = [0, 0, 0];
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
