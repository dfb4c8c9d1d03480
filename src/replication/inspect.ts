/**
 * Reports the content of a journal device: superblock, log, indicator area. It only reads, needs no replication engine
 * and does not open the device exclusively. So it works on a journal in use; its report may then be out of date.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import { DeviceError } from '../blockdev/errors.js';
import { identify } from '../blockdev/openDevice.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';
import type { JournalFinding, UnlistedFindings } from '../base/finding.js';
import { formatUuid, parseUuid } from '../tracker/journal/format.js';
import { recoverJournal } from '../tracker/journal/recovery.js';
import { geometryOf } from './areas.js';
import type { ReplicationSpec } from './replicationEngine.js';

/** The largest number of runs of dirty regions in the report. */
const RANGES_MAX = 1000;

export interface InspectReport {
  journal: string;
  rigUuid: string;
  formatEpoch: number;
  regionBytes: number;
  usableBytes: number;
  regionCount: number;
  log: {
    bytes: number;
    ringBlocks: number;
    /** Blocks tail … head hold evidence; the next commit starts at `next`. */
    tail: number;
    head: number;
    next: number;
    activeTransactions: number;
    dirtyRegions: number;
  };
  indicatorArea: {
    groups: number;
    dirtyRegions: number;
    generation: number;
    /** Groups that a recovery would write again. */
    unsettledGroups: number;
  };
  /** D: the regions that a recovery now would find dirty. */
  dirtyRegions: number;
  everythingDirty: boolean;
  needsFormat: boolean;
  /** Runs of dirty regions, ascending; cut after 1000. */
  dirtyRanges: { firstRegion: number; regions: number }[];
  /** Dirty regions after the last run in `dirtyRanges`. */
  unlistedDirtyRegions: number;
  findings: JournalFinding[];
  /** How many more there are, by place and class. */
  unlistedFindings: UnlistedFindings[];
}

/** Size of a probe read. Bad blocks are few; on a device without power every read fails. */
const PROBE_BYTES = 4096;

/**
 * @throws JournalError WRONG_JOURNAL, OTHER_VERSION; DeviceError when a device is missing, or the journal answers no
 * read.
 */
export function inspectJournal(
  spec: Pick<ReplicationSpec, 'rigUuid' | 'primary' | 'secondary' | 'journal' | 'tracking' | 'ffi'>,
): InspectReport {
  const look = (path: string): DeviceIdentity => identify(path, { ffi: spec.ffi });
  const [primary, secondary] = [spec.primary, spec.secondary, spec.journal].map(({ device }) => look(device));
  const geometry = geometryOf(spec, { primary, secondary });
  const fd = openSync(spec.journal.device, constants.O_RDONLY);
  try {
    requireReadable(fd, spec.journal.device, geometry.logBytes);
    const recovery = recoverJournal({ ...geometry, rigUuid: parseUuid(spec.rigUuid) }, (offset, length) => {
      const bytes = Buffer.alloc(length);
      try {
        return readSync(fd, bytes, 0, length, offset) === length ? bytes : null;
      } catch {
        // Recovery reports an unreadable block as a finding.
        return null;
      }
    });
    const dirtyRanges = rangesOf(recovery.dirty);
    return {
      journal: spec.journal.device,
      rigUuid: formatUuid(recovery.identity.rigUuid),
      formatEpoch: recovery.identity.formatEpoch,
      regionBytes: geometry.regionBytes,
      usableBytes: geometry.usableBytes,
      regionCount: recovery.regionCount,
      log: {
        bytes: geometry.logBytes,
        ringBlocks: recovery.layout.ringBlocks,
        tail: recovery.tail,
        head: recovery.head,
        next: recovery.firstSequence,
        activeTransactions: recovery.activeTransactions,
        dirtyRegions: recovery.fromLog,
      },
      indicatorArea: {
        groups: recovery.layout.groupCount,
        dirtyRegions: recovery.fromIndicatorArea,
        generation: recovery.pageGeneration,
        unsettledGroups: recovery.groupsToWrite.length,
      },
      dirtyRegions: recovery.dirty.count,
      everythingDirty: recovery.everythingDirty,
      needsFormat: recovery.needsFormat,
      dirtyRanges,
      unlistedDirtyRegions: recovery.dirty.count - dirtyRanges.reduce((sum, { regions }) => sum + regions, 0),
      findings: recovery.findings.list,
      unlistedFindings: recovery.findings.unlisted,
    };
  } finally {
    closeSync(fd);
  }
}

/** A journal without power is not damaged: its content is unknown, not dirty. */
function requireReadable(fd: number, path: string, logBytes: number): void {
  const bytes = Buffer.alloc(PROBE_BYTES);
  let failure: unknown;
  for (const offset of [0, logBytes / 2, logBytes]) {
    try {
      readSync(fd, bytes, 0, PROBE_BYTES, offset - (offset % PROBE_BYTES));
      return;
    } catch (error) {
      failure = error;
    }
  }
  const why = (failure as NodeJS.ErrnoException).code ?? String(failure);
  throw new DeviceError(
    'DEVICE_READ_FAILED',
    `journal ${path} can't be read (${why}). Is its rail on? See \`plugpull relay state\``,
    { path },
    failure,
  );
}

function rangesOf(dirty: IndicatorMap): { firstRegion: number; regions: number }[] {
  const ranges: { firstRegion: number; regions: number }[] = [];
  for (let first = dirty.nextSet(0); first !== -1 && ranges.length < RANGES_MAX;) {
    const end = dirty.nextClear(first);
    ranges.push({ firstRegion: first, regions: end - first });
    first = dirty.nextSet(end);
  }
  return ranges;
}
