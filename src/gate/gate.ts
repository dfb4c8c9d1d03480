/**
 * The safety gate: asked before anything is written, it answers with every reason not to. It only reads. Passing it is
 * no claim: `openDevice` must follow with O_EXCL, and `sameIdentity` after every cut. Fails closed: what can't be looked at
 * is refused.
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
  finding,
  withPower,
  type Candidate,
  type GateFinding,
  type GateReport,
  type GateRequest,
} from './gateReport.js';
import { checkExclusiveOpen, checkUse } from './use.js';
import { loadNative } from '../blockdev/ffi/loadNative.js';
import type { FfiName, NativeLibrary } from '../blockdev/ffi/native.js';
import { lookAt, nameOfOpen } from '../blockdev/openDevice.js';
import type { OpenDevice } from '../blockdev/blockDevice.js';

export type { GateCode, GateFinding, GateReport, GateRequest, RigOfLabel } from './gateReport.js';

export interface GateOptions {
  /** From `loadEnrolments`; default: none. */
  enrolments?: readonly Enrolment[];
  ffi?: FfiName;
  /** The asker has claimed the devices itself: that they can't be claimed again is no finding. */
  openedExclusively?: boolean;
  /** Roles of devices that seem to have no power: only asked whether they are in use, which needs no read. A read may never end. */
  unpowered?: readonly AreaName[];
}

/** All findings at once, requests in order. Rejects only when the gate itself can't work (no native library). */
export async function checkGate(requests: readonly GateRequest[], options: GateOptions = {}): Promise<GateReport> {
  const native = loadNative(options.ffi);
  const findings: GateFinding[] = [];
  const candidates: Candidate[] = [];
  const devices: GateReport['devices'] = [];
  for (const request of requests) {
    if (options.unpowered?.includes(request.role) === true) {
      findings.push(...useOf(request));
      devices.push({ request, identity: null });
      continue;
    }
    const device = look(request, options.ffi);
    if ('code' in device) {
      findings.push(device, ...useOf(request));
      devices.push({ request, identity: null });
      continue;
    }
    const candidate = { request, identity: device.identity };
    candidates.push(candidate);
    devices.push(candidate);
    try {
      findings.push(...(await checkCandidate(candidate, nameOfOpen(device), native, options)));
    } finally {
      device.close();
    }
  }
  findings.push(...(await checkDuplicates(candidates)));
  return { passed: findings.length === 0, findings, devices };
}

function useOf(request: GateRequest): GateFinding[] {
  const majorMinor = blockNodeOf(request.path);
  return majorMinor === null ? [] : checkUse(request, majorMinor);
}

/** All of it is asked of the device that is open, by `name`: its path may lead to another one between two questions. */
async function checkCandidate(
  candidate: Candidate,
  name: string,
  native: NativeLibrary,
  options: GateOptions,
): Promise<GateFinding[]> {
  const { request, identity } = candidate;
  const inUse = checkUse(request, identity.majorMinor);
  const probed = await checkSignatures(candidate, name, options.ffi);
  return [
    ...(await checkIdentity(candidate)),
    ...checkReadOnly(candidate),
    // Only what nothing else explains: EBUSY beside "mounted at /srv" says nothing more.
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

function look(request: GateRequest, ffi: FfiName | undefined): OpenDevice | GateFinding {
  try {
    const stat = statSync(request.path, { throwIfNoEntry: false });
    if (stat === undefined)
      return finding(
        request,
        'GATE_MISSING',
        'does not exist',
        withPower(request, 'attach and power it, or correct the profile'),
      );
    if (!stat.isBlockDevice())
      return finding(request, 'GATE_NOT_BLOCK', 'is not a block device', 'name a disk below /dev/disk/by-id');
    accessSync(request.path, constants.R_OK | constants.W_OK);
    return lookAt(request.path, { ffi });
  } catch (error) {
    return unseen(request, error);
  }
}

function unseen(request: GateRequest, error: unknown): GateFinding {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'DEVICE_PERMISSION')
    return finding(
      request,
      'GATE_NO_PERMISSION',
      'this user may not read and write it',
      'run as root, or give the user the disk',
    );
  if (code === 'DEVICE_MISSING')
    return finding(
      request,
      'GATE_MISSING',
      'its node has no device behind it',
      withPower(request, 'attach and power it'),
    );
  if (error instanceof DeviceError && error.code.startsWith('DEVICE_NATIVE')) throw error;
  return finding(
    request,
    'GATE_PROBE_FAILED',
    error instanceof Error ? error.message : String(error),
    withPower(request, 'see the kernel log'),
  );
}

function checkReadOnly({ request, identity }: Candidate): GateFinding[] {
  if (!identity.readOnly) return [];
  return [
    finding(request, 'GATE_READ_ONLY', 'the kernel has it read-only', 'blockdev --setrw, or its write-protect switch'),
  ];
}
