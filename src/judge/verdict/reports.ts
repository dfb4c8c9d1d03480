/**
 * What recovery, judge, resync and verify report. They stand here because the verdict is made of them, and the judge
 * may not know of the engine; the engine's port hands them on.
 */

/** Something recovery met on the journal; `effect` says what it did about it. */
export interface RecoveryFinding {
  where: 'superblock' | 'log' | 'indicator-area';
  blockIndex: number;
  /** Blocks from there on of which the same is said; absent: one. */
  blocks?: number;
  problem: string;
  effect: 'ignored' | 'region-range-dirty' | 'everything-dirty' | 'repaired';
  /**
   * Fault catalogue. `indicator-rot`: it had been durable as another, which is a fault of the journal device.
   * `indicator-torn`, or left out: a write in flight at the cut may look like that.
   */
  class?: 'indicator-torn' | 'indicator-rot';
}

export interface RecoveryReport {
  regionCount: number;
  /** |D| */
  dirtyRegions: number;
  /** What log and indicator area themselves say; with `everythingDirty` less than D. */
  fromIndicatorArea: number;
  fromLog: number;
  /** Damage that may hide any region: all are dirty. */
  everythingDirty: boolean;
  /** The first 100. */
  findings: RecoveryFinding[];
  /** How many more there are, by place and class; absent: none. */
  unlisted?: { where: RecoveryFinding['where']; class: 'indicator-torn' | 'indicator-rot'; count: number }[];
  durationMs: number;
}

/** `block 7`, or `blocks 7 … 14`. */
export function blocksText({ blockIndex, blocks = 1 }: Pick<RecoveryFinding, 'blockIndex' | 'blocks'>): string {
  return blocks === 1 ? `block ${blockIndex}` : `blocks ${blockIndex} … ${blockIndex + blocks - 1}`;
}

export interface AreaJudgement {
  /** Anomalies by class of the fault catalogue (`lost-write`, `bit-corruption`, …) and by legality. */
  faults: Record<string, number>;
  legal: Record<string, number>;
  sectorsRead: number;
}

export interface JudgeReport {
  /** Regions with P != S outside D, first 100. I1 is broken when the count is not 0. */
  lostIndicators: number;
  lostIndicatorRegions: number[];
  differingRegions: number;
  dirtyRegions: number;
  /** |D| - differing regions inside D */
  falseDirtyRegions: number;
  /** Acknowledged to the application, and not on P (I2). In 512-byte sectors; first 100 with what was found. */
  lostAcknowledgedSectors: number;
  samples: JudgeSample[];
  areas: { primary: AreaJudgement; secondary: AreaJudgement };
  durationMs: number;
}

export interface JudgeSample {
  area: 'primary' | 'secondary';
  lba: number;
  class: string;
  expected: string;
  found: string;
}

export interface ResyncReport {
  regions: number;
  bytes: number;
  durationMs: number;
  /** false: it was interrupted (cut, stop) and regions remain dirty. */
  complete: boolean;
  remainingRegions: number;
}

export interface VerifyReport {
  /** P and S. */
  equal: boolean;
  bytes: number;
  differingRegions: number;
  firstDifferenceBytes: number | null;
  /**
   * What is wrong although it was right when it was judged, in 512-byte sectors by class: two copies may be equal and
   * both wrong. Absent: there is no history to say so.
   */
  faults?: Record<'primary' | 'secondary', Record<string, number>>;
  durationMs: number;
}
