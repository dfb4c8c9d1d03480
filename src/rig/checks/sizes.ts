/**
 * Checks sizes and times against each other: areas, regions, writes and the log; flush interval and acknowledgement.
 */

import { labName } from '../schema/words.js';
import { AREA_NAMES, type AreaName, STORAGE_AREAS } from '../../base/areas.js';
import { requiredJournalBytes } from '../../tracker/journal/layout.js';
import { formatSize, formatDuration } from '../units.js';
import type { Check } from '../issues.js';
import type { Profile } from '../schema/profile.js';

/** Bytes of the area; null: the profile does not contain its size. */
function areaBytes(profile: Partial<Profile>, area: AreaName): number | null {
  const ref = profile[area];
  if (ref === undefined) return null;
  const disk = profile.lab?.disks[labName(ref.device) ?? '']?.size ?? null;
  if (ref.size === undefined) return disk;
  return disk === null ? ref.size : Math.min(disk, ref.size);
}

export const checkAreaSizes: Check = (profile, report) => {
  for (const area of AREA_NAMES) {
    const ref = profile[area];
    const disk = profile.lab?.disks[labName(ref?.device) ?? '']?.size;
    if (ref?.size !== undefined && disk !== undefined && ref.size > disk) {
      report({
        kind: 'error',
        path: [area, 'size'],
        rule: `the lab disk has only ${formatSize(disk)}`,
        next: `write at most ${formatSize(disk)}, or enlarge the disk`,
      });
    }
  }
};

/** Bytes of the smaller storage area, which limits both; Infinity: the profile does not contain the sizes. */
function usableBytes(profile: Partial<Profile>): number {
  return Math.min(...STORAGE_AREAS.map((area) => areaBytes(profile, area) ?? Infinity));
}

export const checkWritesFit: Check = (profile, report) => {
  const usable = usableBytes(profile);
  const fit = (size: number | undefined, path: string[]): void => {
    if (size !== undefined && size > usable) {
      const rule = `must fit into the smaller area, which has ${formatSize(usable)}`;
      report({ kind: 'error', path, rule, next: `write at most ${formatSize(usable)}, or enlarge the area` });
    }
  };
  fit(profile.regionSize, ['regionSize']);
  fit(profile.workload?.writeSize.max, ['workload', 'writeSize']);
  fit(profile.workload?.addresses.within, ['workload', 'addresses', 'within']);
};

export const checkWorkingSet: Check = (profile, report) => {
  if (profile.campaign?.prepare !== 'touched' || profile.workload?.addresses.within !== undefined) return;
  report({
    kind: 'error',
    path: ['campaign', 'prepare'],
    rule: 'touched needs a workload that writes a limited part of the area',
    next: 'set workload.addresses.within, for example to 100MiB, or write prepare: stamp',
  });
};

/** Memory for data in flight: one page-locked arena in the I/O worker. */
const IN_FLIGHT_BYTES_MAX = 2 ** 30;

export const checkInFlightBytes: Check = (profile, report) => {
  const w = profile.workload;
  if (w === undefined) return;
  // In async mode the secondary may lag by another queue depth of updates.
  const bytes = w.queueDepth * w.writeSize.max * (profile.mode === 'async' ? 2 : 1);
  if (bytes > IN_FLIGHT_BYTES_MAX) {
    const rule = `queueDepth times the largest writeSize is ${formatSize(bytes)} of memory; the limit is ${formatSize(IN_FLIGHT_BYTES_MAX)}`;
    report({ kind: 'error', path: ['workload', 'queueDepth'], rule, next: 'lower one of them' });
  }
};

/** The region size, a power of two, with which the indicators fit on the journal; empty: none of a profile does. */
function regionSizeFor(usable: number, regionBytes: number, log: number, journalBytes: number): string {
  for (let bytes = 2 * regionBytes; bytes <= REGION_BYTES_MAX && Number.isFinite(usable); bytes *= 2)
    if (requiredJournalBytes(log, Math.ceil(usable / bytes)) <= journalBytes)
      return `regionSize: ${formatSize(bytes)}, `;
  return '';
}

/** The largest regionSize. */
const REGION_BYTES_MAX = 2 ** 30;

/** The log, the superblocks and the indicator area share the journal device. */
export const checkJournalSize: Check = (profile, report) => {
  const bytes = areaBytes(profile, 'journal');
  const log = profile.journal?.logSize;
  if (bytes === null || log === undefined || profile.regionSize === undefined) return;
  const usable = usableBytes(profile);
  const regions = Number.isFinite(usable) ? Math.ceil(usable / profile.regionSize) : 1;
  const needed = requiredJournalBytes(log, regions);
  if (needed > bytes) {
    const rule = `log, superblocks and the indicators of ${regions} regions take ${formatSize(needed)}; the journal has ${formatSize(bytes)}`;
    report({
      kind: 'error',
      path: ['journal', 'logSize'],
      rule,
      next: `write a smaller logSize, ${regionSizeFor(usable, profile.regionSize, log, bytes)}or enlarge the journal`,
    });
  }
};

/** The core numbers regions with 32 bits. */
const REGIONS_MAX = 2 ** 32;

export const checkRegionCount: Check = (profile, report) => {
  const usable = usableBytes(profile);
  if (profile.regionSize === undefined || !Number.isFinite(usable)) return;
  if (Math.ceil(usable / profile.regionSize) > REGIONS_MAX) {
    const rule = `an area of ${formatSize(usable)} would have more than 2^32 regions`;
    report({
      kind: 'error',
      path: ['regionSize'],
      rule,
      next: `write at least ${formatSize(2 ** Math.ceil(Math.log2(usable / REGIONS_MAX)))}`,
    });
  }
};

/** The flush after an update acknowledges it: if the flush comes too late, every update times out. */
export const checkFlushBeforeTimeout: Check = (profile, report) => {
  const t = profile.tracking;
  if (t === undefined || t.flushInterval < t.ackTimeout) return;
  if (profile.primary?.durability === 'fua' && profile.secondary?.durability === 'fua') return;
  const rule = `must be shorter than tracking.ackTimeout, ${formatDuration(t.ackTimeout)}: updates wait for the flush`;
  report({
    kind: 'error',
    path: ['tracking', 'flushInterval'],
    rule,
    next: `write less than ${formatDuration(t.ackTimeout)}, or raise tracking.ackTimeout`,
  });
};
