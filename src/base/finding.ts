/**
 * A finding: something wrong or unexpected in the bytes of a device, reported to a person. The keys are those of the
 * run record; they do not change.
 */
import type { StorageArea } from './areas.js';

/**
 * `indicator-rot`: durable metadata was lost or is unreadable. `indicator-torn`: a write in flight may look like that.
 */
export type JournalFaultClass = 'indicator-torn' | 'indicator-rot';

/** Recovery found it on the journal device. */
export interface JournalFinding {
  where: 'superblock' | 'log' | 'indicator-area';
  /** Block of the journal device, in units of 512 bytes from its start. */
  blockIndex: number;
  /** The finding covers so many blocks from there on; absent: one. */
  blocks?: number;
  problem: string;
  /** What recovery did about it. */
  effect: 'ignored' | 'region-range-dirty' | 'everything-dirty' | 'repaired';
  /** Class of the fault catalogue. */
  class: JournalFaultClass;
}

/** Journal findings of one place and class that are counted and not listed. */
export interface UnlistedFindings {
  where: JournalFinding['where'];
  class: JournalFaultClass;
  count: number;
}

/** The judge found it in a sector of P or S. */
export interface SectorFinding {
  area: StorageArea;
  lba: number;
  /** Class of the fault catalogue, or `lost-acknowledged`. */
  class: string;
  expected: string;
  found: string;
}

/** `block 7`, or `blocks 7 … 14`. */
export function blocksText({ blockIndex, blocks = 1 }: Pick<JournalFinding, 'blockIndex' | 'blocks'>): string {
  return blocks === 1 ? `block ${blockIndex}` : `blocks ${blockIndex} … ${blockIndex + blocks - 1}`;
}
