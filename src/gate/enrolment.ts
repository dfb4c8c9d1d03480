/**
 * Enrolment: a real disk may be overwritten only after the operator typed its serial number. One half is this list,
 * JSON beside the rig profile. It names disks by their own serial and WWN: recabling does not matter, and a replacement
 * disk is not enrolled. The other half is the label on the disk (label.ts).
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
  /**
   * The rig's profile at the enrolment, for messages about later edits; absent in lists of old versions. Permits
   * nothing.
   */
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

/** Empty if there is no file yet. Throws DEVICE_ENROLMENT_INVALID if the file is not such a list. */
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
    // The error below is the same for text that does not parse.
  }
  throw new DeviceError(
    'DEVICE_ENROLMENT_INVALID',
    `${file} is not a list of enrolled disks (schemaVersion 1); remove it and run plugpull enrol again`,
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

/** Compares the WWN if both sides have one, else serial and model. A disk of another size is another disk. */
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

/** What the operator types to enrol this disk; null: it reports neither serial nor WWN and cannot be enrolled. */
export function confirmationOf(identity: DeviceIdentity): string | null {
  return identity.serial ?? identity.wwn;
}

/** Adds the disk; does nothing if it is in the list for the same rig. Atomic: rename replaces the file. */
export function enrol(file: string, identity: DeviceIdentity, enrolledAt: string, rig?: Enrolment['rig']): void {
  const disks = loadEnrolments(file);
  const before = enrolmentsOf(disks, identity);
  if (before.length > 0 && (rig === undefined || before.some((disk) => disk.rig?.uuid === rig.uuid))) return;
  if (confirmationOf(identity) === null) {
    throw new DeviceError(
      'DEVICE_ENROLMENT_INVALID',
      `${identity.path} reports neither serial nor WWN, so nothing distinguishes it from another disk; use a disk that reports one`,
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
