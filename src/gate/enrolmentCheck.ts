/**
 * Checks that a disk is enrolled: the operator typed its serial number (the list beside the profile), and the disk
 * carries a label of this rig and this role that was written for this disk. The gate needs both: a copied profile
 * brings its list along, and a copied disk brings its label along.
 */
import { confirmationOf, enrolmentsOf, type Enrolment } from './enrolment.js';
import {
  refusal,
  withPower,
  type Candidate,
  type GateRefusal,
  type GateRequest,
  type RigFields,
} from './gateReport.js';
import { otherDisk, type DiskLabel, type LabelRead, needsEnrolment } from './label.js';
import { readLabel } from './labelIo.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';

const ENROL = 'plugpull enrol RIG, which asks for its serial: all its data will be overwritten';
const NAMELESS = 'name a disk that reports a serial or a WWN: without one it cannot be enrolled';
const ENROL_AGAIN = 'plugpull enrol RIG, which asks for its serial and writes the label again';

/**
 * `name`: of the open device; `unreadable`: another read has failed, and a second one may take as long as the first.
 */
export async function checkEnrolment(
  { request, identity }: Candidate,
  name: string,
  { enrolments = [], ffi }: { enrolments?: readonly Enrolment[]; ffi?: FfiName },
  unreadable: boolean,
): Promise<GateRefusal[]> {
  // For a loop device, identityCheck.ts compares the backing file.
  if (!needsEnrolment(identity)) return [];
  const known = enrolmentsOf(enrolments, identity);
  const enrolled = known.length > 0;
  const findings: GateRefusal[] = [];
  if (!enrolled) {
    const found = `${identity.model ?? 'this disk'}, serial ${identity.serial ?? 'unknown'}, has not been enrolled`;
    findings.push(refusal(request, 'GATE_NOT_ENROLLED', found, confirmationOf(identity) === null ? NAMELESS : ENROL));
  }
  if (unreadable) return findings;
  try {
    const label = checkLabel(request, identity, await readLabel(identity, name, ffi), known);
    // A disk that was never enrolled needs no label, so a missing one is no finding.
    if (label !== null && (enrolled || label.code !== 'GATE_LABEL_MISSING')) findings.push(label);
  } catch (error) {
    const found = `its label cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    findings.push(refusal(request, 'GATE_PROBE_FAILED', found, withPower(request, 'see the kernel log')));
  }
  return findings;
}

/**
 * Null: the label is right. `known`: the disk's entries in the list, to report which fields of the profile were edited.
 */
export function checkLabel(
  request: GateRequest,
  identity: DeviceIdentity,
  read: LabelRead,
  known: readonly Enrolment[] = [],
): GateRefusal | null {
  switch (read.kind) {
    case 'none':
      return refusal(
        request,
        'GATE_LABEL_MISSING',
        'enrolled, but the disk has no label: it was wiped, or an old plugpull enrolled it without one',
        ENROL_AGAIN,
      );
    case 'damaged':
      return refusal(
        request,
        'GATE_LABEL_DAMAGED',
        'both copies of its label are damaged: another program wrote to the end of the disk, or its sectors are corrupt',
        ENROL_AGAIN,
      );
    case 'other-version':
      return refusal(
        request,
        'GATE_LABEL_OTHER_VERSION',
        `its label has version ${read.version}, of another plugpull`,
        relabel('that one is not used any more'),
      );
    case 'label':
      return checkOwner(request, identity, read.label, read.offsetBytes) ?? checkRig(request, read.label, known);
  }
}

function checkOwner(
  request: GateRequest,
  identity: DeviceIdentity,
  label: DiskLabel,
  offsetBytes: number,
): GateRefusal | null {
  const since = `since ${label.enrolledAt.slice(0, 10)}`;
  const other = otherDisk(label, offsetBytes, identity);
  if (other !== null) {
    return refusal(
      request,
      'GATE_LABEL_OTHER_DISK',
      `its label was written for ${other}: it holds a copy of another disk (rig "${label.rigName}", ${label.role}, ${since})`,
      relabel('the copy is not needed'),
    );
  }
  return null;
}

function checkRig(request: GateRequest, label: DiskLabel, known: readonly Enrolment[]): GateRefusal | null {
  const since = `since ${label.enrolledAt.slice(0, 10)}`;
  if (request.rig === 'any') return null;
  if (request.rig?.uuid !== label.rigUuid) {
    const isEdited = request.rig?.name === label.rigName;
    const as = `(${label.rigUuid}), as ${label.role}, ${since}`;
    if (!isEdited)
      return refusal(
        request,
        'GATE_LABEL_OTHER_RIG',
        `belongs to rig "${label.rigName}" ${as}`,
        relabel('that rig does not use it any more'),
      );
    // The rig's UUID depends on the profile's devices and their sizes. The operator confirmed exactly those, and the
    // journal's evidence is for areas of that size. So an edited profile is another rig.
    const then = known.find(({ rig }) => rig?.uuid === label.rigUuid)?.rig?.fields;
    const edited = then === undefined || request.rig?.fields === undefined ? [] : differences(then, request.rig.fields);
    const whose = `belongs to rig "${label.rigName}" as another profile describes it ${as}`;
    const found = edited.length === 0 ? whose : `${whose}; edited in this profile: ${edited.join(', ')}`;
    const back = edited.length === 0 ? 'device, serial, wwn, backingFile and size of each area' : 'that';
    return refusal(
      request,
      'GATE_LABEL_OTHER_RIG',
      found,
      `put back ${back} as at the enrolment; or ${relabel('the profile is right as it is now')}`,
    );
  }
  if (request.role !== label.role) {
    return refusal(
      request,
      'GATE_LABEL_OTHER_ROLE',
      `is this rig's ${label.role} by its label, ${since}`,
      `check the cabling; or ${relabel('the roles have changed')}`,
    );
  }
  return null;
}

/** `primary.size was 4194304, is 2097152`, field by field. */
function differences(then: RigFields, now: RigFields): string[] {
  const fields = [...new Set([...Object.keys(then), ...Object.keys(now)])];
  return fields
    .filter((field) => then[field] !== now[field])
    .map((field) => `${field} was ${then[field] ?? 'absent'}, is ${now[field] ?? 'absent'}`);
}

function relabel(condition: string): string {
  return `plugpull enrol RIG --relabel, if ${condition}`;
}
