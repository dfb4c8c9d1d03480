/**
 * May this disk be overwritten? Somebody typed its serial (the file beside the profile), and the disk itself says so:
 * its label is there, of this rig and this role, and written for this disk. Either alone is refused: a file goes along
 * with a copied profile, a label with a copied disk.
 */
import { isEnrolled, type Enrolment } from './enrolment.js';
import { finding, type Candidate, type GateFinding, type GateRequest } from './gateTypes.js';
import { otherDisk, type DiskLabel, type LabelRead } from './label.js';
import { readLabel } from './labelIo.js';
import { needsEnrolment } from './labelPlace.js';
import type { FfiName } from './native.js';
import type { DeviceIdentity } from './port.js';

const ENROL = 'plugpull enrol RIG, which asks for its serial: all its data will be overwritten';
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
  const enrolled = isEnrolled(enrolments, identity);
  const findings: GateFinding[] = [];
  if (!enrolled) {
    const found = `${identity.model ?? 'this disk'}, serial ${identity.serial ?? 'unknown'}, has not been enrolled`;
    findings.push(finding(request, 'GATE_NOT_ENROLLED', found, ENROL));
  }
  if (unreadable) return findings;
  try {
    const label = checkLabel(request, identity, await readLabel(identity, name, ffi));
    // Of a disk that was never enrolled nobody expects one.
    if (label !== null && (enrolled || label.code !== 'GATE_LABEL_MISSING')) findings.push(label);
  } catch (error) {
    const found = `its label cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    findings.push(finding(request, 'GATE_PROBE_FAILED', found, 'see the kernel log'));
  }
  return findings;
}

/** Null: the label is as it must be. */
export function checkLabel(request: GateRequest, identity: DeviceIdentity, read: LabelRead): GateFinding | null {
  switch (read.kind) {
    case 'none':
      return finding(request, 'GATE_LABEL_MISSING', 'enrolled, but no label is on the disk: it was wiped, or enrolled before there were labels', ENROL_AGAIN);
    case 'damaged':
      return finding(request, 'GATE_LABEL_DAMAGED', 'its label is damaged in both copies: somebody else wrote to the end of the disk, or it rots', ENROL_AGAIN);
    case 'other-version':
      return finding(request, 'GATE_LABEL_OTHER_VERSION', `its label has version ${read.version}, of another plugpull`, relabel('that one is not used any more'));
    case 'label':
      return checkOwner(request, identity, read.label, read.offsetBytes);
  }
}

function checkOwner(request: GateRequest, identity: DeviceIdentity, label: DiskLabel, offsetBytes: number): GateFinding | null {
  const since = `since ${label.enrolledAt.slice(0, 10)}`;
  const other = otherDisk(label, offsetBytes, identity);
  if (other !== null) {
    return finding(request, 'GATE_LABEL_OTHER_DISK', `its label was written for ${other}: it holds a copy of another disk (rig "${label.rigName}", ${label.role}, ${since})`, relabel('the copy is not needed'));
  }
  if (request.rig === 'any') return null;
  if (request.rig?.uuid !== label.rigUuid) {
    // The UUID follows the profile's devices, so that an edited profile is another rig to its disks.
    const whose = request.rig?.name === label.rigName ? `rig "${label.rigName}" as another profile describes it` : `rig "${label.rigName}"`;
    return finding(request, 'GATE_LABEL_OTHER_RIG', `belongs to ${whose} (${label.rigUuid}), as ${label.role}, ${since}`, relabel('that rig does not use it any more'));
  }
  if (request.role !== label.role) {
    return finding(request, 'GATE_LABEL_OTHER_ROLE', `is this rig's ${label.role} by its label, ${since}`, `check the cabling; or ${relabel('the roles have changed')}`);
  }
  return null;
}

function relabel(condition: string): string {
  return `plugpull enrol RIG --relabel, if ${condition}`;
}
