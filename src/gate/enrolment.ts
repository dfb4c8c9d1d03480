/**
 * Enrolment: a real disk may be overwritten only after somebody typed its serial. Half of it is this list, JSON beside the
 * rig profile, by what the disk says of itself, so that it survives recabling and does not pass on to a replacement; the
 * other half is the label on the disk (label.ts).
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { DeviceError } from '../blockdev/errors.js';
import type { RigFields } from './gateReport.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';

export interface Enrolment {
  serial: string | null;
  wwn: string | null;
  model: string | null;
  sizeBytes: number;
  /** ISO 8601 */
  enrolledAt: string;
  /** The rig as its profile was then; absent in lists of before it was kept. Says what was edited, and permits nothing. */
  rig?: { uuid: string; fields: RigFields };
}

interface EnrolmentFile {
  schemaVersion: 1;
  disks: Enrolment[];
}

/** `rigs/bench.yaml` → `rigs/bench.enrolled.json` */
export function enrolmentPath(rigFile: string): string {
  return `${rigFile.replace(/\.ya?ml$/, '')}.enrolled.json`;
}

/** None when there is no file yet. Throws DEVICE_ENROLMENT_INVALID when there is one that can't be understood. */
export function loadEnrolments(file: string): Enrolment[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const content = JSON.parse(text) as EnrolmentFile;
    if (content.schemaVersion === 1 && Array.isArray(content.disks) && content.disks.every(isEnrolment))
      return content.disks;
  } catch {
    // told below, together with what parses but is something else
  }
  throw new DeviceError(
    'DEVICE_ENROLMENT_INVALID',
    `${file} is no list of enrolled disks (schemaVersion 1). Remove it and enrol the disks again.`,
    { file },
  );
}

function isEnrolment(value: unknown): value is Enrolment {
  const disk = value as Partial<Enrolment> | null;
  return (
    disk !== null &&
    typeof disk === 'object' &&
    typeof disk.sizeBytes === 'number' &&
    (typeof disk.serial === 'string' || typeof disk.wwn === 'string')
  );
}

type Named = Pick<DeviceIdentity, 'serial' | 'wwn' | 'model' | 'sizeBytes'>;

/** The disk's WWN decides where it has one, else serial and model; a changed size is another disk. */
export function enrolmentsOf(enrolments: readonly Enrolment[], identity: Named): Enrolment[] {
  return enrolments.filter((disk) => {
    if (disk.sizeBytes !== identity.sizeBytes) return false;
    if (disk.wwn !== null && identity.wwn !== null) return disk.wwn === identity.wwn;
    return disk.serial !== null && disk.serial === identity.serial && disk.model === identity.model;
  });
}

export function isEnrolled(enrolments: readonly Enrolment[], identity: Named): boolean {
  return enrolmentsOf(enrolments, identity).length > 0;
}

/** What has to be typed to enrol this disk; null: it has no name of its own and can't be enrolled. */
export function confirmationOf(identity: DeviceIdentity): string | null {
  return identity.serial ?? identity.wwn;
}

/** Adds the disk, or does nothing when it is there for the same rig. Atomic: the file is replaced whole. */
export function enrol(file: string, identity: DeviceIdentity, enrolledAt: string, rig?: Enrolment['rig']): void {
  const disks = loadEnrolments(file);
  const before = enrolmentsOf(disks, identity);
  if (before.length > 0 && (rig === undefined || before.some((disk) => disk.rig?.uuid === rig.uuid))) return;
  if (confirmationOf(identity) === null) {
    throw new DeviceError(
      'DEVICE_ENROLMENT_INVALID',
      `${identity.path} tells neither serial nor WWN, so it can't be told from another disk. Use one that does.`,
      { path: identity.path },
    );
  }
  const { serial, wwn, model, sizeBytes } = identity;
  const content: EnrolmentFile = {
    schemaVersion: 1,
    disks: [
      ...disks.filter((disk) => !before.includes(disk)),
      { serial, wwn, model, sizeBytes, enrolledAt, ...(rig === undefined ? {} : { rig }) },
    ],
  };
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`, { flush: true });
  renameSync(temporary, file);
}
