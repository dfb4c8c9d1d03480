/**
 * Enrols the disks of a rig: which disks need it, whether the operator's confirmation names them, then label and list.
 * It does not prompt, so a terminal, `--i-mean` and tests use the same code.
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
  /** What the operator must type. */
  confirmation: string;
  /** The valid label that would be replaced, as text; null: there is none. */
  replaces: string | null;
}

/** Findings that an enrolment removes. */
const CURED: readonly GateCode[] = ['GATE_NOT_ENROLLED', 'GATE_LABEL_MISSING', 'GATE_LABEL_DAMAGED'];
/**
 * Findings that an enrolment removes only with --relabel: a valid label says that the disk belongs to another rig or
 * role.
 */
const CURED_BY_RELABELLING: readonly GateCode[] = [
  'GATE_LABEL_OTHER_VERSION',
  'GATE_LABEL_OTHER_DISK',
  'GATE_LABEL_OTHER_RIG',
  'GATE_LABEL_OTHER_ROLE',
];

/**
 * The disks to enrol. Empty while the report has a finding that an enrolment does not remove, or one about a disk that
 * reports neither serial nor WWN: those must be corrected first.
 */
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

/**
 * The report with only the findings that an enrolment does not remove: the others would send the operator to `enrol`
 * again.
 */
export function notCuredByEnrolling(report: GateReport, relabel = false): GateReport {
  const cured = relabel ? [...CURED, ...CURED_BY_RELABELLING] : CURED;
  const named = (role: AreaName): boolean => {
    const identity = report.devices.find(({ request }) => request.role === role)?.identity ?? null;
    return identity !== null && confirmationOf(identity) !== null;
  };
  return { ...report, findings: report.findings.filter(({ code, role }) => !cured.includes(code) || !named(role)) };
}

/** Whether the text equals the confirmation; blanks around it are ignored. */
export function isConfirmed(disk: DiskToEnrol, typed: string): boolean {
  return typed.trim() === disk.confirmation;
}

export interface EnrolDisksOptions {
  /** The list beside the profile. */
  file: string;
  rig: RigOfLabel;
  /** The requests of the first gate check, for all areas: the gate checks again under the exclusive open. */
  requests: readonly GateRequest[];
  /** Whether valid labels of other rigs may be replaced. */
  relabel: boolean;
  /** ISO 8601 */
  enrolledAt: string;
  ffi?: FfiName;
  /** Called for each disk as soon as it is enrolled: a later one may fail. */
  onEnrolled: (disk: DiskToEnrol) => void;
}

/**
 * Opens all disks exclusively (O_EXCL), checks the gate again, then writes label and list disk by disk. The label comes
 * first: the gate still refuses a disk that has a label but is not in the list. Throws DeviceError: DEVICE_BUSY and
 * others of the open, DEVICE_CHANGED (nothing was written), DEVICE_LABEL_FAILED. Disks reported to `onEnrolled` stay
 * enrolled.
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

/** Checks that the open device is the one that was shown to the operator. */
function requireSame({ role, identity }: DiskToEnrol, { identity: now }: Pick<OpenDevice, 'identity'>): void {
  const moved = identity.majorMinor !== now.majorMinor || identity.diskSequence !== now.diskSequence;
  const differences = identityDifferences(identity, now);
  if (!moved && differences.length === 0) return;
  const what =
    differences.map(({ field, before, after }) => `${field} was ${before}, is ${after}`).join(', ') ||
    `it was ${identity.majorMinor}, is ${now.majorMinor}`;
  throw new DeviceError(
    'DEVICE_CHANGED',
    `${role} ${identity.path} is not the device that was shown: ${what}; nothing was written; run plugpull enrol again`,
    { role },
  );
}

/**
 * While the bench has the disks open exclusively, no other program can mount, swap on or format them after this check.
 */
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
        `${disk.role} has changed since it was shown; nothing was written\n${formatGate(notCuredByEnrolling(report, relabel))}`,
        { role: disk.role },
      );
    requireSame(disk, now);
  }
}
