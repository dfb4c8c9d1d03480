/**
 * Enrolling a rig's disks: which need it, and whether what a person typed names them. Asks through a callback, so that
 * it is the same for a terminal, for `--i-mean` and for a test.
 *
 * No label is written to a device: every byte of an area is compared and judged, so there is no room that would not be
 * missed, and a label goes along with a copy of the disk where its serial does not. The journal carries the rig's UUID
 * in its superblocks anyway.
 */
import { confirmationOf } from './enrolment.js';
import type { GateReport, GateRole } from './gateTypes.js';
import type { DeviceIdentity } from './port.js';

export interface DiskToEnrol {
  role: GateRole;
  identity: DeviceIdentity;
  /** What has to be typed. */
  confirmation: string;
}

/** Disks that lack nothing but their enrolment. Others must pass the gate first: empty while any finding is of another kind. */
export function disksToEnrol(report: GateReport): DiskToEnrol[] {
  if (report.findings.some((finding) => finding.code !== 'GATE_NOT_ENROLLED')) return [];
  return report.findings.flatMap(({ role }) => {
    const identity = report.devices.find((device) => device.request.role === role)?.identity ?? null;
    const confirmation = identity === null ? null : confirmationOf(identity);
    return identity === null || confirmation === null ? [] : [{ role, identity, confirmation }];
  });
}

/** Letter for letter, but for blanks around it. */
export function isConfirmed(disk: DiskToEnrol, typed: string): boolean {
  return typed.trim() === disk.confirmation;
}
