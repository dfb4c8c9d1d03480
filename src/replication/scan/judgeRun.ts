/**
 * The judge: one pass over P and S. It classifies every sector by the history, compares every region, and checks the
 * result against D (I1, I2). Then it records the content of the media in the history. The verify pass after the resync
 * compares P with that content, and S with P: damage on P that a copy has taken to S is on both.
 */
import { STORAGE_AREAS, type StorageArea } from '../../base/areas.js';
import type { RegionSet } from '../../tracker/core/regionSet.js';
import type { SectorTools } from '../../blockdev/blockDevice.js';
import type { HistoryRecorder } from '../../judge/history/recorder.js';
import type { JudgeReport, VerifyReport } from '../../judge/verdict/reports.js';
import { AreaTally, SAMPLES_MAX } from '../../judge/classify/tally.js';
import type { JournalGeometry } from '../../tracker/journal/format.js';
import { entireArea, type Ranges } from './bulk.js';
import { compareAreas, DifferingRegions } from './compare.js';
import { ChunkJudge, countRefusal } from './judgeChunk.js';
import { PassIo, type BulkRing } from './passIo.js';
import { readAhead } from './readAhead.js';

export interface LookParts {
  bulk: BulkRing;
  tools: SectorTools;
  geometry: JournalGeometry;
  history: HistoryRecorder;
  /** What the pass reads; absent: all of both areas. */
  ranges?: Ranges;
  /** Called after each chunk with the bytes of an area done. False: stop. */
  progress: (doneBytes: number) => boolean;
}

export interface JudgeParts extends LookParts {
  /** D */
  dirty: RegionSet;
  /** Called at the end with each region in which P and S differ. */
  differs?: (region: number) => void;
}

/** Null: it was stopped. */
export function judgeAreas(p: JudgeParts): JudgeReport | null {
  const started = performance.now();
  const { geometry, dirty } = p;
  const tallies = { primary: new AreaTally('primary'), secondary: new AreaTally('secondary') };
  const differing = new DifferingRegions(geometry.regionBytes);
  const io = new PassIo(p.bulk);
  const judges = STORAGE_AREAS.map((area) => new ChunkJudge({ ...p, io, area, tally: tallies[area], adopts: true }));
  for (const pair of readAhead(io, p.ranges ?? entireArea(geometry.usableBytes))) {
    pair.forEach((read, device) => judges[device].judge(read));
    differing.compare(p.tools, io.arena, pair);
    if (!p.progress(differing.comparedBytes)) return null;
  }
  const primary = tallies.primary.finish();
  const secondary = tallies.secondary.finish();
  for (const region of differing.regions) p.differs?.(region);
  const lost = [...differing.regions].filter((r) => !dirty.has(r));
  return {
    lostIndicators: lost.length,
    lostIndicatorRegions: lost.slice(0, SAMPLES_MAX),
    differingRegions: differing.regions.size,
    dirtyRegions: dirty.count,
    falseDirtyRegions: dirty.count - (differing.regions.size - lost.length),
    lostAcknowledgedSectors: primary.lostAcknowledgedSectors,
    samples: [...primary.samples, ...secondary.samples].slice(0, SAMPLES_MAX),
    areas: { primary: primary.counts, secondary: secondary.counts },
    durationMs: performance.now() - started,
  };
}

/**
 * Finds damage since the judge pass: compares every byte of P with the history, and of S with P. Null: it was stopped.
 */
export function verifyAreas(p: LookParts): Required<Look> | null {
  const tallies = { primary: new AreaTally('primary'), secondary: new AreaTally('secondary') };
  const io = new PassIo(p.bulk);
  const judge = new ChunkJudge({ ...p, io, area: 'primary', tally: tallies.primary, adopts: false });
  const differing = compareAreas(p, io, ([primary, secondary]) => {
    judge.judge(primary);
    countRefusal(secondary, tallies.secondary);
  });
  if (differing === null) return null;
  const faultsOf = (area: StorageArea): Record<string, number> => tallies[area].finish().counts.faults;
  return { differing, faults: { primary: faultsOf('primary'), secondary: faultsOf('secondary') } };
}

/** Result of a comparison of P and S; with a history, the faults that it shows too. */
export interface Look {
  differing: DifferingRegions;
  faults?: Record<StorageArea, Record<string, number>>;
}

/** Null: it was stopped. */
export function lookAtAreas(p: Omit<LookParts, 'history'>, history: HistoryRecorder | null): Look | null {
  if (history !== null) return verifyAreas({ ...p, history });
  const differing = compareAreas(p);
  return differing === null ? null : { differing };
}

export function verifyReport({ differing, faults }: Look, startedMs: number): VerifyReport {
  return {
    equal: differing.regions.size === 0,
    bytes: differing.comparedBytes,
    differingRegions: differing.regions.size,
    firstDifferenceBytes: differing.firstDifferenceBytes,
    ...(faults === undefined ? {} : { faults }),
    durationMs: performance.now() - startedMs,
  };
}
