/**
 * Enrolling a rig's disks: which need it, whether what a person typed names them, and then label and file. Asks nobody
 * itself, so that it is the same for a terminal, for `--i-mean` and for a test.
 */
import type { AreaName } from '../base/areas.js';
import { confirmationOf, enrol, loadEnrolments } from './enrolment.js';
import { DeviceError } from '../blockdev/errors.js';
import { checkGate } from './gate.js';
import { formatGate, type GateCode, type GateReport, type GateRequest, type RigOfLabel } from './gateReport.js';
import { labelOf } from './label.js';
import { writeLabel } from './labelIo.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import { openDevice } from '../blockdev/openDevice.js';
import { identityDifferences, type DeviceIdentity, type OpenDevice } from '../blockdev/blockDevice.js';

export interface DiskToEnrol {
  role: AreaName;
  identity: DeviceIdentity;
  /** What has to be typed. */
  confirmation: string;
  /** What is there of a label that is about to be replaced; null: nothing of anybody's. */
  replaces: string | null;
}

/** What enrolling cures by itself. */
const CURED: readonly GateCode[] = ['GATE_NOT_ENROLLED', 'GATE_LABEL_MISSING', 'GATE_LABEL_DAMAGED'];
/** A whole label is somebody's word that the disk is theirs: it takes another word to replace it. */
const CURED_BY_RELABELLING: readonly GateCode[] = [
  'GATE_LABEL_OTHER_VERSION',
  'GATE_LABEL_OTHER_DISK',
  'GATE_LABEL_OTHER_RIG',
  'GATE_LABEL_OTHER_ROLE',
];

/** Disks that lack nothing but their enrolment. Others must pass the gate first: empty while any finding is of another kind, or about a disk without a name of its own. */
export function disksToEnrol(report: GateReport, relabel = false): DiskToEnrol[] {
  const cured = relabel ? [...CURED, ...CURED_BY_RELABELLING] : CURED;
  if (report.findings.some(({ code }) => !cured.includes(code))) return [];
  const disks: DiskToEnrol[] = [];
  for (const { request, identity } of report.devices) {
    const findings = report.findings.filter(({ role }) => role === request.role);
    if (findings.length === 0) continue;
    const confirmation = identity === null ? null : confirmationOf(identity);
    if (identity === null || confirmation === null) return [];
    const replaces = findings.find(({ code }) => CURED_BY_RELABELLING.includes(code))?.found ?? null;
    disks.push({ role: request.role, identity, confirmation, replaces });
  }
  return disks;
}

/** What stands between a rig and its enrolment: findings that enrolling does not cure. Cured ones would send a person in a circle. */
export function notCuredByEnrolling(report: GateReport, relabel = false): GateReport {
  const cured = relabel ? [...CURED, ...CURED_BY_RELABELLING] : CURED;
  const named = (role: AreaName): boolean => {
    const identity = report.devices.find(({ request }) => request.role === role)?.identity ?? null;
    return identity !== null && confirmationOf(identity) !== null;
  };
  return { ...report, findings: report.findings.filter(({ code, role }) => !cured.includes(code) || !named(role)) };
}

/** Letter for letter, but for blanks around it. */
export function isConfirmed(disk: DiskToEnrol, typed: string): boolean {
  return typed.trim() === disk.confirmation;
}

export interface EnrolDisksOptions {
  /** The list beside the profile. */
  file: string;
  rig: RigOfLabel;
  /** Of the whole rig, as asked before: the gate is asked again once the disks are ours. */
  requests: readonly GateRequest[];
  /** Labels of others may be replaced. */
  relabel: boolean;
  /** ISO 8601 */
  enrolledAt: string;
  ffi?: FfiName;
  /** Told of each as soon as it is done: what follows may fail. */
  onEnrolled: (disk: DiskToEnrol) => void;
}

/**
 * Claims all of them, asks the gate once more about what is claimed, then writes label and file disk by disk: the label
 * first, since a disk with a label that is in no file is still refused. Throws DeviceError: DEVICE_BUSY and its like,
 * DEVICE_CHANGED (nothing was written then), DEVICE_LABEL_FAILED; disks told of before stay enrolled.
 */
export async function enrolDisks(disks: readonly DiskToEnrol[], options: EnrolDisksOptions): Promise<void> {
  const held: OpenDevice[] = [];
  try {
    for (const { identity } of disks) held.push(openDevice(identity.path, { ffi: options.ffi }));
    for (const [i, disk] of disks.entries()) requireSame(disk, held[i]!);
    await checkGateAgain(disks, options);
    for (const [i, disk] of disks.entries()) {
      writeLabel(held[i]!, labelOf(held[i]!.identity, options.rig, disk.role, options.enrolledAt), options.ffi);
      const { uuid, fields } = options.rig;
      enrol(options.file, held[i]!.identity, options.enrolledAt, fields === undefined ? undefined : { uuid, fields });
      options.onEnrolled(disk);
    }
  } finally {
    for (const device of held) device.close();
  }
}

/** What was shown to the person who typed its serial is what is open now. */
function requireSame({ role, identity }: DiskToEnrol, { identity: now }: Pick<OpenDevice, 'identity'>): void {
  const moved = identity.majorMinor !== now.majorMinor || identity.diskSequence !== now.diskSequence;
  const differences = identityDifferences(identity, now);
  if (!moved && differences.length === 0) return;
  const what =
    differences.map(({ field, before, after }) => `${field} was ${before}, is ${after}`).join(', ') ||
    `it was ${identity.majorMinor}, is ${now.majorMinor}`;
  throw new DeviceError(
    'DEVICE_CHANGED',
    `${role} ${identity.path} is another device than the one that was shown: ${what}; nothing was written`,
    { role },
  );
}

/** Under our claim nobody can mount, swap on or format what the gate sees now. */
async function checkGateAgain(
  disks: readonly DiskToEnrol[],
  { file, requests, relabel, ffi }: EnrolDisksOptions,
): Promise<void> {
  const mine = requests.filter(({ role }) => disks.some((disk) => disk.role === role));
  const report = await checkGate(mine, { enrolments: loadEnrolments(file), openedExclusively: true, ffi });
  const still = disksToEnrol(report, relabel);
  for (const disk of disks) {
    const now = still.find(({ role }) => role === disk.role);
    if (now === undefined)
      throw new DeviceError(
        'DEVICE_CHANGED',
        `${disk.role} is not what it was when it was shown; nothing was written\n${formatGate(notCuredByEnrolling(report, relabel))}`,
        { role: disk.role },
      );
    requireSame(disk, now);
  }
}
