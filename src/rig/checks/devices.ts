/**
 * Checks the devices of the areas: each can be identified again after a power cut gave it another name, and no two
 * areas are the same device.
 */
import { labName } from '../schema/words.js';
import { AREA_NAMES } from '../../base/areas.js';
import type { AreaProfile } from '../schema/profile.js';
import { suggestWord } from '../source/nearest.js';
import type { Check, ProfileProblem } from '../issues.js';

const LOOP = /^\/dev\/loop\d+$/;
/** A name under /dev/mapper is stable for a multipath device only; the safety gate checks that. */
const STABLE = /^\/dev\/(disk\/by-(id|path|partuuid)|mapper)\/[^/]+$/;
const PARTITION = /^(.+)-part\d+$/;

export const checkDeviceIdentity: Check = (profile, report) => {
  for (const area of AREA_NAMES) {
    const ref = profile[area];
    if (ref === undefined) continue;
    const error = (field: string | null, rule: string, next: string): void =>
      report({ kind: 'error', path: field === null ? [area] : [area, field], atKey: field === null, rule, next });
    if (labName(ref.device) !== null) checkLab(ref, profile.lab?.disks, 'lab' in profile, error);
    else if (LOOP.test(ref.device)) checkLoop(ref, error);
    else checkDisk(ref, error);
  }
};

type Report = (field: string | null, rule: string, next: string) => void;

function checkLab(
  ref: AreaProfile,
  disks: Record<string, unknown> | undefined,
  labIsValid: boolean,
  error: Report,
): void {
  const known = Object.keys(disks ?? {});
  const name = labName(ref.device)!;
  if (labIsValid && !known.includes(name)) error('device', `lab.disks has no disk "${name}"`, suggestWord(name, known));
  for (const field of ['serial', 'wwn', 'backingFile'] as const) {
    if (ref[field] !== undefined) error(field, `a lab disk has no ${field}`, `delete ${field}`);
  }
}

function checkLoop(ref: AreaProfile, error: Report): void {
  if (ref.backingFile === undefined)
    error(null, 'a loop device needs backingFile', 'add backingFile: with the file that `losetup -l` shows');
  for (const field of ['serial', 'wwn'] as const) {
    if (ref[field] !== undefined)
      error(field, `a loop device has no ${field}`, `delete ${field}; backingFile identifies it`);
  }
}

function checkDisk(ref: AreaProfile, error: Report): void {
  if (!STABLE.test(ref.device)) {
    error(
      'device',
      'must be /dev/disk/by-id/… or /dev/disk/by-path/… (for a partition also by-partuuid/…, for a multipath device /dev/mapper/…): other names may change at a power cut',
      'copy the name from `ls -l /dev/disk/by-id`',
    );
  }
  if (ref.serial === undefined && ref.wwn === undefined) {
    error(null, 'a disk needs serial or wwn', 'add one from `lsblk -o NAME,SERIAL,WWN`');
  }
  if (ref.backingFile !== undefined) error('backingFile', 'only a loop device has a backingFile', 'delete backingFile');
}

export const checkDevicesApart: Check = (profile, report) => {
  for (const [i, b] of AREA_NAMES.entries()) {
    for (const a of AREA_NAMES.slice(0, i)) {
      const finding = shared(a, profile[a], profile[b]);
      if (finding !== null) report({ ...finding, path: [b, ...finding.path] });
    }
  }
};

function shared(other: string, a: AreaProfile | undefined, b: AreaProfile | undefined): ProfileProblem | null {
  if (a === undefined || b === undefined) return null;
  const error = (field: string, rule: string): ProfileProblem => ({
    kind: 'error',
    path: [field],
    rule,
    next: 'name another device: every area needs its own',
  });
  if (a.device === b.device) return error('device', `is already the device of ${other}`);
  if (a.backingFile !== undefined && a.backingFile === b.backingFile)
    return error('backingFile', `is already the backingFile of ${other}`);
  const [diskA, diskB] = [diskOf(a.device), diskOf(b.device)];
  const both = diskA !== a.device && diskB !== b.device;
  if (diskA === diskB && !both) return error('device', `overlaps ${other}: one is a partition of the other`);
  const sameUnit = (a.serial !== undefined && a.serial === b.serial) || (a.wwn !== undefined && a.wwn === b.wwn);
  if (diskA === diskB || (sameUnit && both)) {
    return {
      kind: 'warning',
      path: ['device'],
      rule: `shares a disk with ${other}`,
      next: 'one cut takes power from both',
    };
  }
  return sameUnit ? error('device', `has the serial or wwn of ${other}`) : null;
}

function diskOf(path: string): string {
  return PARTITION.exec(path)?.[1] ?? path;
}
