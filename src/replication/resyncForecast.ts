/**
 * When a resync will end. The application can make regions dirty meanwhile, so the forecast follows the number of dirty
 * regions and not the bytes copied: it grows if the number falls more slowly, and says `never` if it does not fall.
 */

/** The number of dirty regions varies from one moment to the next: the forecast looks back so far. */
const WINDOW_MS = 10_000;
/** A shorter time does not show whether the number falls. */
const WINDOW_MS_MIN = 1_000;
/** Samples kept: those of a window. */
const SAMPLE_INTERVAL_MS = 100;

interface Sample {
  atMs: number;
  regions: number;
}

export class ResyncForecast {
  private samples: Sample[] = [];

  /** A resync starts. */
  reset(): void {
    this.samples = [];
  }

  /** The present number of dirty regions, on a monotonic clock. */
  observe(regions: number, atMs: number): void {
    const last = this.samples.at(-1);
    if (last !== undefined && atMs - last.atMs < SAMPLE_INTERVAL_MS) return;
    this.samples.push({ atMs, regions });
    while (this.samples[1] !== undefined && atMs - this.samples[1].atMs >= WINDOW_MS) this.samples.shift();
  }

  /** Seconds until no region is dirty; undefined: not known yet. */
  secondsLeft(): number | 'never' | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < WINDOW_MS_MIN) return undefined;
    const fallen = first.regions - last.regions;
    if (last.regions === 0) return 0;
    return fallen <= 0 ? 'never' : (last.regions * (last.atMs - first.atMs)) / fallen / 1000;
  }
}
