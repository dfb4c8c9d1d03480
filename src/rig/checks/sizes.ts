/** Areas, regions, writes and the log fit into each other. */
import { formatSize } from '../units.js';
import { AREAS, labName, type Check } from './check.js';
import type { Profile } from '../schema/profile.js';

/** Bytes of the area, as far as the profile alone can tell. */
function areaBytes(profile: Partial<Profile>, area: (typeof AREAS)[number]): number | null {
  const ref = profile[area];
  if (ref === undefined) return null;
  const disk = profile.lab?.disks[labName(ref.device) ?? '']?.size ?? null;
  if (ref.size === undefined) return disk;
  return disk === null ? ref.size : Math.min(disk, ref.size);
}

export const checkAreaSizes: Check = (profile, report) => {
  for (const area of AREAS) {
    const ref = profile[area];
    const disk = profile.lab?.disks[labName(ref?.device) ?? '']?.size;
    if (ref?.size !== undefined && disk !== undefined && ref.size > disk) {
      report({ kind: 'error', path: [area, 'size'], rule: `the lab disk has ${formatSize(disk)}`, next: 'write less, or enlarge the disk' });
    }
  }
  for (const [name, disk] of Object.entries(profile.lab?.disks ?? {})) {
    if (disk.size % disk.sectorSize !== 0) {
      report({ kind: 'error', path: ['lab', 'disks', name, 'size'], rule: `must be a multiple of sectorSize ${disk.sectorSize}`, next: 'round it down' });
    }
  }
};

export const checkWritesFit: Check = (profile, report) => {
  // The smaller of the two is what both are used for.
  const usable = Math.min(...(['primary', 'secondary'] as const).map((area) => areaBytes(profile, area) ?? Infinity));
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
  const bytes = w.queueDepth * w.writeSize.max;
  if (bytes > IN_FLIGHT_BYTES_MAX) {
    const rule = `queueDepth times the largest writeSize is ${formatSize(bytes)}, more than ${formatSize(IN_FLIGHT_BYTES_MAX)} of memory`;
    report({ kind: 'error', path: ['workload', 'queueDepth'], rule, next: 'lower one of them' });
  }
};

/** Ring, superblocks and indicators share the device. Half of it for the ring leaves room for any indicator area. */
export const checkJournalSize: Check = (profile, report) => {
  const bytes = areaBytes(profile, 'journal');
  const log = profile.journal?.logSize;
  if (bytes !== null && log !== undefined && log > bytes / 2) {
    const rule = `must be at most half of the journal, which has ${formatSize(bytes)}`;
    report({ kind: 'error', path: ['journal', 'logSize'], rule, next: 'write less, or enlarge the journal' });
  }
};
