/** Words of the safety gate: what it is asked, and what it answers. */

import type { AreaName } from '../base/areas.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';

export interface GateRequest {
  role: AreaName;
  /** As the profile names it. */
  path: string;
  /** What the profile says of the device; a real disk needs at least one of serial and wwn. */
  serial?: string;
  wwn?: string;
  /** Loop devices: the file behind it. */
  backingFile?: string;
  /** The virtual lab made it. Believed only of a loop device over `backingFile`. */
  lab: boolean;
  /** A rail cuts its power. */
  cut?: boolean;
  /** Whose label must stand on a disk that needs enrolment: this rig's, for this role; or anybody's. Left out: none will do. */
  rig?: RigOfLabel | 'any';
}

/** What a label says of its rig, and what a person calls it. */
export interface RigOfLabel {
  uuid: string;
  name: string;
  /** What the UUID follows, by field of the profile: of two that differ it can be said what was edited. */
  fields?: RigFields;
}

/** `primary.size` → 4194304; a field that the profile leaves out is absent. */
export type RigFields = Readonly<Record<string, string | number>>;

/** Stable: scripts and tests switch on them. */
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

/** One reason not to write. None can be overridden: the next step removes the cause, or names another device. */
export interface GateFinding {
  code: GateCode;
  role: AreaName;
  path: string;
  found: string;
  nextStep: string;
}

/** A request with what could be learnt about it; the checks work from these. */
export interface Candidate {
  request: GateRequest;
  identity: DeviceIdentity;
}

export interface GateReport {
  passed: boolean;
  findings: GateFinding[];
  /** Null for what could not even be looked at. */
  devices: { request: GateRequest; identity: DeviceIdentity | null }[];
}

export function finding(request: GateRequest, code: GateCode, found: string, nextStep: string): GateFinding {
  return { code, role: request.role, path: request.path, found, nextStep };
}

/** For a device that is not there or gives no answer: it may only be without power. */
export function withPower(request: GateRequest, otherwise: string): string {
  return request.cut === true ? `a rail feeds it: plugpull relay on RIG, if that is off; else ${otherwise}` : otherwise;
}

export function isLoop(identity: DeviceIdentity): boolean {
  return identity.backingFile !== null;
}

/** (MERGED) The gate's findings as a table for a terminal. Columns are as wide as they must be; nothing is cut off. */

const COLUMNS: readonly [heading: string, cell: (finding: GateFinding) => string][] = [
  ['role', (f) => f.role],
  ['device', (f) => f.path],
  ['code', (f) => f.code],
  ['found', (f) => f.found],
  ['next step', (f) => f.nextStep],
];

/** Without a trailing newline. `so`: what that means for the devices, where it is not the beginning. */
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
