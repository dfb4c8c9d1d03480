/**
 * How long a campaign will take, from one of the same rig that has been run (pure). What a profile asks for, load and
 * outages, is known; what the disks and boards take beside it, cycle by cycle, is taken from the run before.
 */

export interface FormerTimes {
  /** Of each cycle that came to its end: how long it took, and what of that the profile asked for. */
  cycles: { tookMs: number; askedMs: number }[];
  /** Before the first cycle and after the last. */
  aroundMs: number;
  /** Updates that its loads issued; null or left out: it had none. */
  writesPerSecond?: number | null;
}

export interface Estimate {
  fromSeconds: number;
  toSeconds: number;
}

/**
 * `askedMs`: of all `cycles` to come. From: as if all were like the faster half of those before; to: like the slower
 * half. Null without any to go by.
 */
export function estimateTime(former: FormerTimes, cycles: number, askedMs: number): Estimate | null {
  if (former.cycles.length === 0) return null;
  const own = former.cycles.map(({ tookMs, askedMs: asked }) => Math.max(0, tookMs - asked)).sort((a, b) => a - b);
  const half = Math.ceil(own.length / 2);
  const tenths = (perCycleMs: number): number => (former.aroundMs + askedMs + cycles * perCycleMs) / 100;
  return {
    fromSeconds: Math.floor(tenths(mean(own.slice(0, half)))) / 10,
    toSeconds: Math.ceil(tenths(mean(own.slice(-half)))) / 10,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
