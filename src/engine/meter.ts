/** Counts and samples for the snapshot that the main thread shows and exports. */
import type { Answer } from '../core/effects.js';

/** Samples kept between two snapshots, per series: enough for a histogram, bounded when nobody asks. */
const SAMPLES_MAX = 2000;

export class Meter {
  readonly writes = [0, 0, 0];
  readonly writeBytes = [0, 0, 0];
  readonly answers: Record<Answer, number> = { ok: 0, refused: 0, failed: 0 };
  outstanding = 0;
  resyncBytes = 0;
  private writeSamples: [number[], number[], number[]] = [[], [], []];
  private evidenceSamples: number[] = [];

  wrote(device: number, bytes: number, seconds: number): void {
    this.writes[device]++;
    this.writeBytes[device] += bytes;
    if (seconds > 0 && this.writeSamples[device].length < SAMPLES_MAX) this.writeSamples[device].push(seconds);
  }

  evidenceWait(seconds: number): void {
    if (this.evidenceSamples.length < SAMPLES_MAX) this.evidenceSamples.push(Math.max(0, seconds));
  }

  obtained(): void {
    this.outstanding++;
  }

  answered(answer: Answer): void {
    this.answers[answer]++;
    this.outstanding--;
  }

  resynced(bytes: number): void {
    this.resyncBytes += bytes;
  }

  drainWriteSamples(): [number[], number[], number[]] {
    const taken = this.writeSamples;
    this.writeSamples = [[], [], []];
    return taken;
  }

  drainEvidenceSamples(): number[] {
    const taken = this.evidenceSamples;
    this.evidenceSamples = [];
    return taken;
  }
}
