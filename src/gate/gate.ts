/**
 * The safety gate: checks the devices before anything is written, and reports every reason not to write. It only reads.
 * The caller must open a device that passed exclusively (`openDevice`, O_EXCL) and compare its identity after every cut
 * (`sameIdentity`). The gate fails closed: it refuses a device that it cannot read.
 */
import { accessSync, constants, statSync } from 'node:fs';
import type { AreaName } from '../base/areas.js';
import { blockNodeOf } from '../blockdev/blockTree.js';
import type { Enrolment } from './enrolment.js';
import { DeviceError } from '../blockdev/errors.js';
import { checkDuplicates, checkIdentity } from './identityCheck.js';
import { checkEnrolment } from './enrolmentCheck.js';
import { checkSignatures } from './signatures.js';
import {
  refusal,
  withPower,
  type Candidate,
  type GateRefusal,
  type GateReport,
  type GateRequest,
} from './gateReport.js';
import { checkExclusiveOpen, checkUse } from './use.js';
import { loadNative } from '../blockdev/ffi/loadNative.js';
import type { FfiName, NativeLibrary } from '../blockdev/ffi/native.js';
import { lookAt, nameOfOpen } from '../blockdev/openDevice.js';
import type { OpenDevice } from '../blockdev/blockDevice.js';

export interface GateOptions {
  /** From `loadEnrolments`; default: none. */
  enrolments?: readonly Enrolment[];
  ffi?: FfiName;
  /** The caller has the devices open exclusively (O_EXCL): EBUSY of a second exclusive open is no finding. */
  openedExclusively?: boolean;
  /**
   * Roles of devices that seem to have no power. Only their use is checked, which needs no read: a read may never end.
   */
  unpowered?: readonly AreaName[];
}

/** All findings, in the order of the requests. Rejects only if the gate itself cannot work (no native library). */
export async function checkGate(requests: readonly GateRequest[], options: GateOptions = {}): Promise<GateReport> {
  const native = loadNative(options.ffi);
  const open = new Map<GateRequest, OpenDevice>();
  const unopened = new Map<GateRequest, GateRefusal>();
  try {
    for (const request of requests) {
      if (options.unpowered?.includes(request.role) === true) continue;
      const seen = look(request, options.ffi);
      if ('code' in seen) unopened.set(request, seen);
      else open.set(request, seen);
    }
    const candidates = [...open].map(([request, { identity }]): Candidate => ({ request, identity }));
    const nameOf = ({ request }: Candidate): string => nameOfOpen(open.get(request)!);
    const probed = await checkSignatures(
      candidates.map((candidate) => ({ candidate, name: nameOf(candidate) })),
      options.ffi,
    );
    const findings: GateRefusal[] = [];
    const devices: GateReport['devices'] = [];
    for (const request of requests) {
      const candidate = candidates.find((one) => one.request === request);
      devices.push(candidate ?? { request, identity: null });
      if (candidate === undefined) findings.push(...[unopened.get(request) ?? []].flat(), ...useOf(request));
      else
        findings.push(...(await checkCandidate(candidate, nameOf(candidate), native, probed.get(candidate)!, options)));
    }
    findings.push(...(await checkDuplicates(candidates)));
    return { passed: findings.length === 0, findings, devices };
  } finally {
    for (const device of open.values()) device.close();
  }
}

function useOf(request: GateRequest): GateRefusal[] {
  const majorMinor = blockNodeOf(request.path);
  return majorMinor === null ? [] : checkUse(request, majorMinor);
}

/**
 * Every check uses `name`, which is that of the open device: the path may lead to another device between two checks.
 */
async function checkCandidate(
  candidate: Candidate,
  name: string,
  native: NativeLibrary,
  probed: readonly GateRefusal[],
  options: GateOptions,
): Promise<GateRefusal[]> {
  const { request, identity } = candidate;
  const inUse = checkUse(request, identity.majorMinor);
  return [
    ...(await checkIdentity(candidate)),
    ...checkReadOnly(candidate),
    // Only if no other finding explains it: EBUSY adds nothing to "mounted at /srv".
    ...(inUse.length > 0 || options.openedExclusively ? inUse : checkExclusiveOpen(request, name, native)),
    ...probed,
    ...(await checkEnrolment(
      candidate,
      name,
      options,
      probed.some(({ code }) => code === 'GATE_PROBE_FAILED'),
    )),
  ];
}

function look(request: GateRequest, ffi: FfiName | undefined): OpenDevice | GateRefusal {
  try {
    const stat = statSync(request.path, { throwIfNoEntry: false });
    if (stat === undefined)
      return refusal(
        request,
        'GATE_MISSING',
        'does not exist',
        withPower(request, 'attach and power it, or correct the profile'),
      );
    if (!stat.isBlockDevice())
      return refusal(request, 'GATE_NOT_BLOCK', 'is not a block device', 'name a disk under /dev/disk/by-id');
    accessSync(request.path, constants.R_OK | constants.W_OK);
    return lookAt(request.path, { ffi });
  } catch (error) {
    return unseen(request, error);
  }
}

function unseen(request: GateRequest, error: unknown): GateRefusal {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'DEVICE_PERMISSION')
    return refusal(
      request,
      'GATE_NO_PERMISSION',
      'this user may not read and write it',
      'run as root, or give the user access to the disk',
    );
  if (code === 'DEVICE_MISSING')
    return refusal(
      request,
      'GATE_MISSING',
      'its node has no device behind it',
      withPower(request, 'attach and power it'),
    );
  if (error instanceof DeviceError && error.code.startsWith('DEVICE_NATIVE')) throw error;
  return refusal(
    request,
    'GATE_PROBE_FAILED',
    error instanceof Error ? error.message : String(error),
    withPower(request, 'see the kernel log'),
  );
}

function checkReadOnly({ request, identity }: Candidate): GateRefusal[] {
  if (!identity.readOnly) return [];
  return [
    refusal(
      request,
      'GATE_READ_ONLY',
      'the kernel has it read-only',
      `blockdev --setrw ${request.path}, or turn its write-protect switch off`,
    ),
  ];
}
