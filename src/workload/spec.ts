/** The load that a profile asks for. Sizes in bytes. */

export interface WorkloadSpec {
  /** Updates in flight. */
  queueDepth: number;
  writesPerTransaction: { min: number; max: number };
  writeBytes: { min: number; max: number };
  /** `skewed`: Zipf-like, `skew` 0 … 1.2 (theta); `uniform` ignores it. */
  addresses: { pattern: 'skewed' | 'uniform'; skew: number };
  /** 0: as fast as it goes. */
  maxWritesPerSecond: number;
}
