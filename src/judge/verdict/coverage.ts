/** What is said of a pass that did not read every region, and of the faults that a later pass finds. */
import { SECTOR_BYTES } from '../../base/observation.js';
import type { JudgeReport, PassCoverage, VerifyReport } from './reports.js';

/** Null: the pass has read every region. */
export function coverageText(coverage: PassCoverage | undefined): string | null {
  if (coverage === undefined || coverage.extent === 'full') return null;
  const { regions, regionCount, scrubbedRegions } = coverage;
  const scrub = scrubbedRegions === 0 ? '' : `, ${grouped(scrubbedRegions)} of them by scrub`;
  return `${grouped(regions)} of ${grouped(regionCount)} regions${scrub}; ${lastFullText(coverage)}`;
}

function lastFullText({ cycle, lastFullCycle }: PassCoverage): string {
  if (lastFullCycle === null) return 'no pass has read the others: they are assumed to be equal';
  if (lastFullCycle === -1) return 'last full pass before the first cycle';
  const ago = cycle - lastFullCycle;
  return ago === 0 ? 'last full pass in this cycle' : `last full pass ${ago} ${ago === 1 ? 'cycle' : 'cycles'} ago`;
}

/**
 * Since when a fault may have been there, where that is not this cycle: regions that the passes since then have not
 * read may have been damaged in any of these cycles. Null: this cycle.
 */
export function faultsSince(coverage: PassCoverage | undefined): string | null {
  if (coverage === undefined || coverage.lastFullCycle === null) return null;
  const { cycle, lastFullCycle, extent, scrubbedRegions } = coverage;
  const isOld = cycle - lastFullCycle > 1;
  if (!isOld || (extent === 'touched' && scrubbedRegions === 0)) return null;
  const since = lastFullCycle === -1 ? 'before the first cycle' : `in cycle ${lastFullCycle}`;
  return `where nothing was written, at any time since the last full pass ${since}`;
}

/** Null if each pass has read what it had to read; else the difference. A check of the bench, not of the disks. */
export function uncovered(judge: JudgeReport, verify: VerifyReport | null): string | null {
  const isPartial = [judge.coverage, verify?.coverage].some((c) => c?.extent === 'touched');
  for (const area of ['primary', 'secondary'] as const) {
    const judgedBytes = judge.areas[area].sectorsRead * SECTOR_BYTES;
    const expected = isPartial ? judge.coverage?.bytes : verify?.bytes;
    if (expected !== undefined && judgedBytes !== expected)
      return isPartial
        ? `${area}: ${judgedBytes} bytes were judged of the ${expected} that this cycle had to judge`
        : `${area}: ${judgedBytes} bytes were judged, ${expected} verified`;
  }
  if (isPartial && verify?.coverage !== undefined && verify.bytes !== verify.coverage.bytes)
    return `${verify.bytes} bytes were verified of the ${verify.coverage.bytes} that this cycle had to verify`;
  return null;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}
