/**
 * May this disk be overwritten? Somebody typed its serial (the file beside the profile), and the disk itself says so:
 * its label is there, of this rig and this role, and written for this disk. Either alone is refused: a file goes along
 * with a copied profile, a label with a copied disk.
 */
import { confirmationOf, enrolmentsOf, type Enrolment } from './enrolment.js';
import {
  finding,
  withPower,
  type Candidate,
  type GateFinding,
  type GateRequest,
  type RigFields,
} from './gateReport.js';
import { otherDisk, type DiskLabel, type LabelRead, needsEnrolment } from './label.js';
import { readLabel } from './labelIo.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';

const ENROL = 'plugpull enrol RIG, which asks for its serial: all its data will be overwritten';
const NAMELESS = 'name a disk that tells a serial or a WWN: one that tells neither cannot be enrolled';
const ENROL_AGAIN = 'plugpull enrol RIG, which asks for its serial and labels it again';

/** `name`: of the open device; `unreadable`: reading has failed already, and a second try may take as long as the first. */
export async function checkEnrolment(
  { request, identity }: Candidate,
  name: string,
  { enrolments = [], ffi }: { enrolments?: readonly Enrolment[]; ffi?: FfiName },
  unreadable: boolean,
): Promise<GateFinding[]> {
  // A loop device is refused elsewhere unless the profile names its file.
  if (!needsEnrolment(identity)) return [];
  const known = enrolmentsOf(enrolments, identity);
  const enrolled = known.length > 0;
  const findings: GateFinding[] = [];
  if (!enrolled) {
    const found = `${identity.model ?? 'this disk'}, serial ${identity.serial ?? 'unknown'}, has not been enrolled`;
    findings.push(finding(request, 'GATE_NOT_ENROLLED', found, confirmationOf(identity) === null ? NAMELESS : ENROL));
  }
  if (unreadable) return findings;
  try {
    const label = checkLabel(request, identity, await readLabel(identity, name, ffi), known);
    // Of a disk that was never enrolled nobody expects one.
    if (label !== null && (enrolled || label.code !== 'GATE_LABEL_MISSING')) findings.push(label);
  } catch (error) {
    const found = `its label cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    findings.push(finding(request, 'GATE_PROBE_FAILED', found, withPower(request, 'see the kernel log')));
  }
  return findings;
}

/** Null: the label is as it must be. `known`: what the list says of the disk, to say what was edited since. */
export function checkLabel(
  request: GateRequest,
  identity: DeviceIdentity,
  read: LabelRead,
  known: readonly Enrolment[] = [],
): GateFinding | null {
  switch (read.kind) {
    case 'none':
      return finding(
        request,
        'GATE_LABEL_MISSING',
        'enrolled, but no label is on the disk: it was wiped, or enrolled before there were labels',
        ENROL_AGAIN,
      );
    case 'damaged':
      return finding(
        request,
        'GATE_LABEL_DAMAGED',
        'its label is damaged in both copies: somebody else wrote to the end of the disk, or it rots',
        ENROL_AGAIN,
      );
    case 'other-version':
      return finding(
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
): GateFinding | null {
  const since = `since ${label.enrolledAt.slice(0, 10)}`;
  const other = otherDisk(label, offsetBytes, identity);
  if (other !== null) {
    return finding(
      request,
      'GATE_LABEL_OTHER_DISK',
      `its label was written for ${other}: it holds a copy of another disk (rig "${label.rigName}", ${label.role}, ${since})`,
      relabel('the copy is not needed'),
    );
  }
  return null;
}

function checkRig(request: GateRequest, label: DiskLabel, known: readonly Enrolment[]): GateFinding | null {
  const since = `since ${label.enrolledAt.slice(0, 10)}`;
  if (request.rig === 'any') return null;
  if (request.rig?.uuid !== label.rigUuid) {
    const isEdited = request.rig?.name === label.rigName;
    const as = `(${label.rigUuid}), as ${label.role}, ${since}`;
    if (!isEdited)
      return finding(
        request,
        'GATE_LABEL_OTHER_RIG',
        `belongs to rig "${label.rigName}" ${as}`,
        relabel('that rig does not use it any more'),
      );
    // The UUID follows the profile's devices and their sizes: what was shown and confirmed at the enrolment is what may be
    // overwritten, and the journal's evidence is of that size. An edited profile is another rig to its disks.
    const then = known.find(({ rig }) => rig?.uuid === label.rigUuid)?.rig?.fields;
    const edited = then === undefined || request.rig?.fields === undefined ? [] : differences(then, request.rig.fields);
    const whose = `belongs to rig "${label.rigName}" as another profile describes it ${as}`;
    const found = edited.length === 0 ? whose : `${whose}; edited in this profile: ${edited.join(', ')}`;
    const back = edited.length === 0 ? 'device, serial, wwn, backingFile and size of each area' : 'that';
    return finding(
      request,
      'GATE_LABEL_OTHER_RIG',
      found,
      `put back ${back} as at the enrolment; or ${relabel('the profile is right as it is now')}`,
    );
  }
  if (request.role !== label.role) {
    return finding(
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
    .map((field) => `${field} was ${then[field] ?? 'left out'}, is ${now[field] ?? 'left out'}`);
}

function relabel(condition: string): string {
  return `plugpull enrol RIG --relabel, if ${condition}`;
}
