/**
 * The reports of recovery, judge, resync and verify. The verdict is computed from them. The types are declared here
 * because the judge must not import the replication engine; the engine's interface exports them again.
 */
import type { JournalFinding, SectorFinding, UnlistedFindings } from '../../base/finding.js';

export interface RecoveryReport {
  regionCount: number;
  /** |D| */
  dirtyRegions: number;
  /** Regions that the indicator area, and the log, mark dirty; with `everythingDirty` fewer than D. */
  fromIndicatorArea: number;
  fromLog: number;
  /** Because of damage that may hide any region, all regions are dirty. */
  everythingDirty: boolean;
  /** The first 100. */
  findings: JournalFinding[];
  /** The number of further findings, by place and class; absent: none. */
  unlisted?: UnlistedFindings[];
  durationMs: number;
}

/** Sectors of one area, by class. */
export interface AreaCounts {
  /** By class of the fault catalogue: `lost-write`, `bit-corruption`, … */
  faults: Record<string, number>;
  /** States that a cut may leave: `current`, `cache-loss`, `torn-inflight`, … */
  legal: Record<string, number>;
  sectorsRead: number;
}

/** Which regions a pass has read. Absent in a report: all of them. */
export interface PassCoverage {
  /** `touched`: those written, copied or dirty since the last full pass, the neighbors of these, and the scrub. */
  extent: 'full' | 'touched';
  /** Of each area. */
  regions: number;
  regionCount: number;
  /** Of `regions`: those that only the scrub has asked for. */
  scrubbedRegions: number;
  /** Bytes read of each area. */
  bytes: number;
  /** Cycle of this pass; -1: before the first cycle. */
  cycle: number;
  /** Cycle of the pass before this one that read every region; -1: before the first cycle; null: none has. */
  lastFullCycle: number | null;
}

export interface JudgeReport {
  /** Regions outside D in which P and S differ. I1 is broken if the count is not 0. */
  lostIndicators: number;
  /** The first 100 of them. */
  lostIndicatorRegions: number[];
  differingRegions: number;
  dirtyRegions: number;
  /** Regions in D in which P and S are equal. */
  falseDirtyRegions: number;
  /** 512-byte sectors that were acknowledged to the application and are not on P (I2). */
  lostAcknowledgedSectors: number;
  /** The first 100 faults and lost acknowledged sectors. */
  samples: SectorFinding[];
  areas: { primary: AreaCounts; secondary: AreaCounts };
  coverage?: PassCoverage;
  durationMs: number;
}

export interface ResyncReport {
  regions: number;
  bytes: number;
  durationMs: number;
  /** false: a cut or a stop interrupted it, and regions remain dirty. */
  complete: boolean;
  remainingRegions: number;
  /**
   * If it is not complete: the time that it still needed, in seconds, from how fast the number of dirty regions fell;
   * `never`: it did not fall. Absent: not known.
   */
  secondsLeft?: number | 'never';
}

export interface VerifyReport {
  /** P equals S in every byte that was compared. */
  equal: boolean;
  /** Bytes of each area that were compared. */
  bytes: number;
  differingRegions: number;
  firstDifferenceBytes: number | null;
  /**
   * 512-byte sectors by class that are wrong now and were right when the judge read them: P and S may be equal and both
   * wrong. Absent: there is no history to compare with.
   */
  faults?: Record<'primary' | 'secondary', Record<string, number>>;
  coverage?: PassCoverage;
  durationMs: number;
}
