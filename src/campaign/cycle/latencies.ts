/**
 * Measured latencies of a rig's rails (pure): from a command until its disks lose power, or answer again. `relay
 * calibrate` measures them; a run that gets them sends its commands earlier by them.
 *
 *   command ──cut latency──► first failed I/O        command ──return latency──► first good I/O
 */

/** Milliseconds; percentiles by nearest rank. */
export interface Distribution {
  /** In the order measured. */
  samples: number[];
  min: number;
  median: number;
  p95: number;
  max: number;
}

export interface Calibration {
  schemaVersion: 1;
  rig: string;
  /** ISO 8601, UTC. */
  takenAt: string;
  /**
   * By rail. `cut`: command to first failed I/O. `return`: command to first good I/O: contact, spin-up, enumeration.
   */
  rails: Record<string, { cut: Distribution; return: Distribution }>;
}

/** Nearest-rank percentiles. @throws RangeError without samples */
export function distributionOf(samples: readonly number[]): Distribution {
  if (samples.length === 0) throw new RangeError('a distribution needs at least one sample');
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = (p: number): number => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
  return { samples: [...samples], min: sorted[0], median: rank(0.5), p95: rank(0.95), max: sorted[sorted.length - 1] };
}

/**
 * How long before its aim a cut of these rails must be commanded, so that the first of them loses power at the aim: the
 * shortest median. 0 where one rail was not measured.
 */
export function leadMsOf(calibration: Calibration | null, rails: readonly string[]): number {
  if (calibration === null || rails.length === 0) return 0;
  return Math.min(
    ...rails.map((rail) => (Object.hasOwn(calibration.rails, rail) ? calibration.rails[rail].cut.median : 0)),
  );
}
