/**
 * Where the time of an update goes, in the worker: sums per part, and a histogram of all of it. Constant memory, and no
 * object per update.
 *
 *   obtained ──▶ submitted to P and S ──▶ written to both ──▶ answered
 *            evidence             transfer              flush
 *
 * `evidence` is also the wait for an overlapping update (R13). `flush` is the wait for the flush and the flush itself.
 * In async mode the answer comes when the update is durable on P, which may be before S has written it.
 */
import type { UpdateTimings } from './loadReport.js';

/** Buckets of one octave of µs: a quantile is right to 1/32. */
const PER_OCTAVE = 32;
const OCTAVES = 32;
const US_PER_MS = 1000;

export class UpdateTimes {
  private readonly obtainedMs: Float64Array;
  private readonly submittedMs: Float64Array;
  private readonly writtenMs: Float64Array;
  private readonly counts = new Float64Array(PER_OCTAVE * OCTAVES);
  private updates = 0;
  private evidenceMs = 0;
  private transferMs = 0;
  private flushMs = 0;

  /** `slots`: the most updates in flight. The methods take the index of the update's slot. */
  constructor(slots: number) {
    this.obtainedMs = new Float64Array(slots);
    this.submittedMs = new Float64Array(slots);
    this.writtenMs = new Float64Array(slots);
  }

  obtained(slot: number, nowMs: number): void {
    // An update that is refused is answered without having been submitted.
    this.obtainedMs[slot] = this.submittedMs[slot] = this.writtenMs[slot] = nowMs;
  }

  /** Returns the time since the update was obtained, in ms. */
  submitted(slot: number, nowMs: number): number {
    this.submittedMs[slot] = this.writtenMs[slot] = nowMs;
    return nowMs - this.obtainedMs[slot];
  }

  /** One of the areas has written it. */
  written(slot: number, nowMs: number): void {
    this.writtenMs[slot] = nowMs;
  }

  answered(slot: number, nowMs: number): void {
    this.updates++;
    this.evidenceMs += this.submittedMs[slot] - this.obtainedMs[slot];
    this.transferMs += this.writtenMs[slot] - this.submittedMs[slot];
    this.flushMs += nowMs - this.writtenMs[slot];
    this.counts[bucketOf((nowMs - this.obtainedMs[slot]) * US_PER_MS)]++;
  }

  /** Of the updates answered since the last call. All times are 0 without one. */
  drain(): UpdateTimings {
    const { updates } = this;
    const mean = (sum: number): number => (updates === 0 ? 0 : sum / updates);
    const timings = {
      updates,
      evidenceMs: mean(this.evidenceMs),
      transferMs: mean(this.transferMs),
      flushMs: mean(this.flushMs),
      latencyMsP50: this.quantileMs(0.5),
      latencyMsP99: this.quantileMs(0.99),
      latencyMsP999: this.quantileMs(0.999),
    };
    this.counts.fill(0);
    this.updates = this.evidenceMs = this.transferMs = this.flushMs = 0;
    return timings;
  }

  private quantileMs(q: number): number {
    let left = q * this.updates;
    for (let b = 0; b < this.counts.length; b++) {
      left -= this.counts[b];
      if (left <= 0 && this.updates > 0) return lowerBoundUs(b + 1) / US_PER_MS;
    }
    return 0;
  }
}

/** Below 32 µs one bucket per µs, then 32 buckets per octave. */
function bucketOf(us: number): number {
  const floored = Math.max(0, Math.min(2 ** 31 - 1, us)) | 0;
  if (floored < PER_OCTAVE) return floored;
  const shift = 26 - Math.clz32(floored);
  return (shift + 1) * PER_OCTAVE + (floored >> shift) - PER_OCTAVE;
}

function lowerBoundUs(bucket: number): number {
  if (bucket < PER_OCTAVE) return bucket;
  const shift = Math.floor(bucket / PER_OCTAVE) - 1;
  return ((bucket % PER_OCTAVE) + PER_OCTAVE) * 2 ** shift;
}
