/** Requests to the safety gate, its findings, and the report as a table for the terminal. */

import type { AreaName } from '../base/areas.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';

export interface GateRequest {
  role: AreaName;
  /** As the profile names it. */
  path: string;
  /** From the profile; a real disk needs serial or wwn. */
  serial?: string;
  wwn?: string;
  /** Loop devices: the file behind it. */
  backingFile?: string;
  /** The virtual lab made it. Accepted only for a loop device over `backingFile`. */
  lab: boolean;
  /** A rail cuts its power. */
  cut?: boolean;
  /** The label that a disk must carry: of this rig and role, or of `any` rig. Absent: every label is refused. */
  rig?: RigOfLabel | 'any';
}

/** The rig that a label names. */
export interface RigOfLabel {
  uuid: string;
  name: string;
  /** The fields of the profile that the UUID depends on: they show what was edited if two UUIDs differ. */
  fields?: RigFields;
}

/** For example `primary.size` → 4194304; absent: the profile does not give the field. */
export type RigFields = Readonly<Record<string, string | number>>;

/** Stable: scripts and tests depend on them. */
export type GateCode =
  | 'GATE_MISSING'
  | 'GATE_NOT_BLOCK'
  | 'GATE_NO_PERMISSION'
  | 'GATE_PROBE_FAILED'
  | 'GATE_UNSTABLE_NAME'
  | 'GATE_UNIDENTIFIED'
  | 'GATE_SERIAL_MISMATCH'
  | 'GATE_WWN_MISMATCH'
  | 'GATE_BACKING_FILE_MISMATCH'
  | 'GATE_BACKED_BY_DEVICE'
  | 'GATE_READ_ONLY'
  | 'GATE_ROOT'
  | 'GATE_MOUNTED'
  | 'GATE_SWAP'
  | 'GATE_HELD'
  | 'GATE_IS_PARTITION'
  | 'GATE_PARTITIONED'
  | 'GATE_DISK_SHARED'
  | 'GATE_SIGNATURE'
  | 'GATE_BUSY'
  | 'GATE_SAME_DEVICE'
  | 'GATE_NOT_ENROLLED'
  | 'GATE_LABEL_MISSING'
  | 'GATE_LABEL_DAMAGED'
  | 'GATE_LABEL_OTHER_VERSION'
  | 'GATE_LABEL_OTHER_DISK'
  | 'GATE_LABEL_OTHER_RIG'
  | 'GATE_LABEL_OTHER_ROLE';

/** One reason not to write. No option overrides it: the next step removes the cause, or names another device. */
export interface GateRefusal {
  code: GateCode;
  role: AreaName;
  path: string;
  found: string;
  nextStep: string;
}

/** A request with the identity of its device: the input of the checks. */
export interface Candidate {
  request: GateRequest;
  identity: DeviceIdentity;
}

export interface GateReport {
  passed: boolean;
  findings: GateRefusal[];
  /** `identity` is null if the device could not be read. */
  devices: { request: GateRequest; identity: DeviceIdentity | null }[];
}

export function refusal(request: GateRequest, code: GateCode, found: string, nextStep: string): GateRefusal {
  return { code, role: request.role, path: request.path, found, nextStep };
}

/** The next step for a device that is missing or does not answer: it may have no power. */
export function withPower(request: GateRequest, otherwise: string): string {
  return request.cut === true ? `if its rail is off, plugpull relay on RIG; else ${otherwise}` : otherwise;
}

export function isLoop(identity: DeviceIdentity): boolean {
  return identity.backingFile !== null;
}

const COLUMNS: readonly [heading: string, cell: (finding: GateRefusal) => string][] = [
  ['role', (f) => f.role],
  ['device', (f) => f.path],
  ['code', (f) => f.code],
  ['found', (f) => f.found],
  ['next step', (f) => f.nextStep],
];

/**
 * The findings as a table, nothing cut off, without a trailing newline. `so`: what the refusal means for the devices.
 */
export function formatGate(report: GateReport, so = 'nothing was written'): string {
  if (report.passed) return `safety gate: passed (${report.devices.length} devices)`;
  const rows = [COLUMNS.map(([heading]) => heading), ...report.findings.map((f) => COLUMNS.map(([, cell]) => cell(f)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const count = report.findings.length;
  return [`safety gate: refused (${count} finding${count === 1 ? '' : 's'}); ${so}`, ...lines].join('\n');
}
