/** Areas, regions, writes and the log fit into each other. */

import { labName } from '../schema/words.js';
import { AREA_NAMES, type AreaName, STORAGE_AREAS } from '../../base/areas.js';
import { requiredJournalBytes } from '../../tracker/journal/layout.js';
import { formatSize, formatDuration } from '../units.js';
import type { Check } from '../issues.js';
import type { Profile } from '../schema/profile.js';

/** Bytes of the area, as far as the profile alone can tell. */
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
        rule: `the lab disk has ${formatSize(disk)}`,
        next: 'write less, or enlarge the disk',
      });
    }
  }
};

/** The smaller area is what both are used for; Infinity: the profile can't tell. */
function usableBytes(profile: Partial<Profile>): number {
  return Math.min(...STORAGE_AREAS.map((area) => areaBytes(profile, area) ?? Infinity));
}

export const checkWritesFit: Check = (profile, report) => {
  const usable = usableBytes(profile);
  const fit = (size: number | undefined, path: string[]): void => {
    if (size !== undefined && size > usable) {
      const rule = `must fit into the smaller area, which has ${formatSize(usable)}`;
      report({ kind: 'error', path, rule, next: 'write less, or enlarge the area' });
    }
  };
  fit(profile.regionSize, ['regionSize']);
  fit(profile.workload?.writeSize.max, ['workload', 'writeSize']);
};

/** Memory for data in flight: one page-locked arena in the I/O worker. */
const IN_FLIGHT_BYTES_MAX = 2 ** 30;

export const checkInFlightBytes: Check = (profile, report) => {
  const w = profile.workload;
  if (w === undefined) return;
  // Async: the secondary may lag by as many updates again.
  const bytes = w.queueDepth * w.writeSize.max * (profile.mode === 'async' ? 2 : 1);
  if (bytes > IN_FLIGHT_BYTES_MAX) {
    const rule = `queueDepth times the largest writeSize takes ${formatSize(bytes)} of memory, more than ${formatSize(IN_FLIGHT_BYTES_MAX)}`;
    report({ kind: 'error', path: ['workload', 'queueDepth'], rule, next: 'lower one of them' });
  }
};

/** Ring, superblocks and indicators share the device. */
export const checkJournalSize: Check = (profile, report) => {
  const bytes = areaBytes(profile, 'journal');
  const log = profile.journal?.logSize;
  if (bytes === null || log === undefined || profile.regionSize === undefined) return;
  const usable = usableBytes(profile);
  const regions = Number.isFinite(usable) ? Math.ceil(usable / profile.regionSize) : 1;
  const needed = requiredJournalBytes(log, regions);
  if (needed > bytes) {
    const rule = `log, superblocks and the indicators of ${regions} regions take ${formatSize(needed)}, the journal has ${formatSize(bytes)}`;
    report({ kind: 'error', path: ['journal', 'logSize'], rule, next: 'write less, or enlarge the journal' });
  }
};

/** The core numbers regions with 32 bits. */
const REGIONS_MAX = 2 ** 32;

export const checkRegionCount: Check = (profile, report) => {
  const usable = usableBytes(profile);
  if (profile.regionSize === undefined || !Number.isFinite(usable)) return;
  if (Math.ceil(usable / profile.regionSize) > REGIONS_MAX) {
    const rule = `${formatSize(usable)} would be more than 2^32 regions`;
    report({
      kind: 'error',
      path: ['regionSize'],
      rule,
      next: `write at least ${formatSize(2 ** Math.ceil(Math.log2(usable / REGIONS_MAX)))}`,
    });
  }
};

/** (MERGED) Times that wait for each other. */

/** An update is acknowledged by the flush behind it: where that comes too late, every update is given up. */
export const checkFlushBeforeTimeout: Check = (profile, report) => {
  const t = profile.tracking;
  if (t === undefined || t.flushInterval < t.ackTimeout) return;
  if (profile.primary?.durability === 'fua' && profile.secondary?.durability === 'fua') return;
  const rule = `must be shorter than tracking.ackTimeout, ${formatDuration(t.ackTimeout)}: updates wait for the flush`;
  report({
    kind: 'error',
    path: ['tracking', 'flushInterval'],
    rule,
    next: 'flush sooner, or wait longer for acknowledgements',
  });
};
