/**
 * Checks that a device is the one that the profile means (stable name, serial, WWN, backing file), and that no two
 * areas are the same device.
 */

import { readdirSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { blockNodeOf } from '../blockdev/blockTree.js';
import { refusal, isLoop, type Candidate, type GateRefusal, type GateRequest } from './gateReport.js';
import { isMultipath, madeByKernel, normalizeWwn, readSysfs } from '../blockdev/sysfs.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';

/** udev makes these names from the hardware or its place on the bus; `/dev/sdX` follows the order of discovery. */
const STABLE_FOLDERS = ['/dev/disk/by-id/', '/dev/disk/by-path/', '/dev/disk/by-partuuid/'];
/** Device mapper names are stable for multipath devices only: multipathd makes them from the WWID. */
const MAPPER_FOLDER = '/dev/mapper/';

/** Asynchronous: a FUSE server in this process may serve the backing file. */
export async function checkIdentity(candidate: Candidate): Promise<GateRefusal[]> {
  if (isLoop(candidate.identity)) return checkBackingFile(candidate);
  const nameless = checkNameless(candidate);
  return nameless === null ? [...checkName(candidate), ...checkNumbers(candidate)] : [nameless];
}

/** An md array or LVM volume has neither serial nor WWN, so a mismatch with the profile would be the wrong finding. */
function checkNameless({ request, identity }: Candidate): GateRefusal | null {
  if (identity.serial !== null || identity.wwn !== null) return null;
  const what = madeByKernel(identity.majorMinor);
  if (what === null) return null;
  const found = `${identity.kernelName} is ${what}, not a disk: it reports neither serial nor WWN, so nothing proves after a cut that it is the same device`;
  return refusal(
    request,
    'GATE_UNIDENTIFIED',
    found,
    'name a disk, or a partition by-partuuid; to use the members of an array or volume, stop it first (mdadm --stop, vgchange -an)',
  );
}

function checkName({ request, identity }: Candidate): GateRefusal[] {
  if (STABLE_FOLDERS.some((folder) => request.path.startsWith(folder))) return [];
  if (request.path.startsWith(MAPPER_FOLDER) && isMultipath(identity.majorMinor)) return [];
  const better = stableNamesOf(identity.majorMinor);
  const nextStep = better.length > 0 ? `use ${better[0]}` : 'use its name below /dev/disk/by-id or /dev/disk/by-path';
  return [refusal(request, 'GATE_UNSTABLE_NAME', `${request.path} may be another disk after a power cut`, nextStep)];
}

function stableNamesOf(majorMinor: string): string[] {
  return STABLE_FOLDERS.flatMap((folder) => {
    try {
      return readdirSync(folder)
        .map((name) => folder + name)
        .filter((path) => blockNodeOf(path) === majorMinor);
    } catch {
      return []; // this host has no udev
    }
  });
}

function checkNumbers({ request, identity }: Candidate): GateRefusal[] {
  const findings: GateRefusal[] = [];
  if (request.serial === undefined && request.wwn === undefined) {
    const says = `serial ${identity.serial ?? 'unknown'}, wwn ${identity.wwn ?? 'unknown'}`;
    findings.push(
      refusal(
        request,
        'GATE_UNIDENTIFIED',
        'the profile gives neither serial nor wwn',
        `write what the device reports into the profile: ${says}`,
      ),
    );
  }
  if (request.serial !== undefined && request.serial !== identity.serial)
    findings.push(mismatch(request, 'GATE_SERIAL_MISMATCH', 'serial', request.serial, identity.serial));
  if (request.wwn !== undefined && normalizeWwn(request.wwn) !== normalizeWwn(identity.wwn))
    findings.push(mismatch(request, 'GATE_WWN_MISMATCH', 'wwn', request.wwn, identity.wwn));
  if (request.backingFile !== undefined)
    findings.push(mismatch(request, 'GATE_BACKING_FILE_MISMATCH', 'backing file', request.backingFile, null));
  return findings;
}

async function checkBackingFile({ request, identity }: Candidate): Promise<GateRefusal[]> {
  const file = identity.backingFile!;
  if (await isBlockDevice(file)) {
    return [
      refusal(
        request,
        'GATE_BACKED_BY_DEVICE',
        `${identity.kernelName} is a loop over the block device ${file}`,
        'name that device itself: the gate must check it',
      ),
    ];
  }
  const findings: GateRefusal[] = [];
  if (request.backingFile === undefined)
    findings.push(
      refusal(
        request,
        'GATE_UNIDENTIFIED',
        `a loop device has no identity of its own, and the profile gives no backingFile`,
        `write backingFile: ${file} into the profile`,
      ),
    );
  else if (!(await isSameFile(request.backingFile, file)))
    findings.push(mismatch(request, 'GATE_BACKING_FILE_MISMATCH', 'backing file', request.backingFile, file));
  // A loop device has neither: a profile that gives one means another device.
  if (request.serial !== undefined)
    findings.push(mismatch(request, 'GATE_SERIAL_MISMATCH', 'serial', request.serial, identity.serial));
  if (request.wwn !== undefined)
    findings.push(mismatch(request, 'GATE_WWN_MISMATCH', 'wwn', request.wwn, identity.wwn));
  return findings;
}

function mismatch(
  request: GateRequest,
  code: 'GATE_SERIAL_MISMATCH' | 'GATE_WWN_MISMATCH' | 'GATE_BACKING_FILE_MISMATCH',
  what: string,
  expected: string,
  found: string | null,
): GateRefusal {
  return refusal(
    request,
    code,
    `${what} is ${found ?? 'not reported'}, the profile says ${expected}`,
    'this is another device: check the cabling and the profile',
  );
}

async function isBlockDevice(path: string): Promise<boolean> {
  return (await statOrNull(path))?.isBlockDevice() ?? false;
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch {
    return null;
  }
}

/** Whether two paths lead to one inode (symbolic and hard links, bind mounts). False if one of them cannot be read. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  const [statA, statB] = [await statOrNull(a), await statOrNull(b)];
  return statA !== null && statB !== null && statA.dev === statB.dev && statA.ino === statB.ino;
}

/** Why the two are one device (same number, backing file, WWN or serial), as text; null: they are two. */
export async function whySameDevice(a: DeviceIdentity, b: DeviceIdentity): Promise<string | null> {
  if (a.majorMinor === b.majorMinor) return `both are ${a.kernelName}`;
  if (arePartitionsOfOneDisk(a, b)) return null;
  if (a.backingFile !== null && b.backingFile !== null)
    return (await isSameFile(a.backingFile, b.backingFile)) ? `both are over ${a.backingFile}` : null;
  if (a.wwn !== null && b.wwn !== null)
    return a.wwn === b.wwn ? `both have wwn ${a.wwn}: one disk over two paths` : null;
  if (a.serial !== null && a.serial === b.serial && a.model === b.model)
    return `both have serial ${a.serial}: one disk over two paths`;
  return null;
}

/** Two partitions of one disk have its serial and WWN, but no byte in common. */
function arePartitionsOfOneDisk(a: DeviceIdentity, b: DeviceIdentity): boolean {
  const [one, other] = [readSysfs(a.majorMinor), readSysfs(b.majorMinor)];
  return one?.isPartition === true && other?.isPartition === true && one.diskName === other.diskName;
}

export async function checkDuplicates(candidates: readonly Candidate[]): Promise<GateRefusal[]> {
  const findings: GateRefusal[] = [];
  for (const [i, later] of candidates.entries()) {
    for (const earlier of candidates.slice(0, i)) {
      const why = await whySameDevice(earlier.identity, later.identity);
      if (why === null) continue;
      const found = `the same as ${earlier.request.role} (${earlier.request.path}): ${why}`;
      findings.push(refusal(later.request, 'GATE_SAME_DEVICE', found, 'name another device: every area needs its own'));
    }
  }
  return findings;
}
