/** Counts durations by bucket: each one is counted, however many there are, in a fixed space. */
import { IO_SECONDS } from './ioSeconds.js';
import type { DurationCounts } from './replicationEngine.js';

export class DurationCounter {
  private counts = emptyCounts();
  private sumSeconds = 0;

  add(seconds: number): void {
    let i = 0;
    while (i < IO_SECONDS.length && seconds > IO_SECONDS[i]) i++;
    this.counts[i]++;
    this.sumSeconds += seconds;
  }

  /** What was counted since the last time. */
  drain(): DurationCounts {
    const taken = { counts: this.counts, sumSeconds: this.sumSeconds };
    this.counts = emptyCounts();
    this.sumSeconds = 0;
    return taken;
  }
}

function emptyCounts(): number[] {
  return new Array<number>(IO_SECONDS.length + 1).fill(0);
}

/** Nothing was counted. */
export function noDurations(): DurationCounts {
  return { counts: emptyCounts(), sumSeconds: 0 };
}
