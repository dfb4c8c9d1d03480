/** Is it the device that the profile means? Stable name, serial, WWN, backing file. */

import { readdirSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { blockNodeOf } from '../blockdev/blockTree.js';
import { finding, isLoop, type Candidate, type GateFinding, type GateRequest } from './gateReport.js';
import { isMultipath, madeByKernel, normalizeWwn, readSysfs } from '../blockdev/sysfs.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';

/** udev derives these from the hardware or from its place on the bus; `/dev/sdX` is the order of discovery. */
const STABLE_FOLDERS = ['/dev/disk/by-id/', '/dev/disk/by-path/', '/dev/disk/by-partuuid/'];
/** Names of the device mapper are given, not found; multipathd gives them by WWID. */
const MAPPER_FOLDER = '/dev/mapper/';

/** Asynchronous for the sake of files that a FUSE server in this very process may serve. */
export async function checkIdentity(candidate: Candidate): Promise<GateFinding[]> {
  if (isLoop(candidate.identity)) return checkBackingFile(candidate);
  const nameless = checkNameless(candidate);
  return nameless === null ? [...checkName(candidate), ...checkNumbers(candidate)] : [nameless];
}

/** An md array or LVM volume has no serial to be wrong, whatever the profile says: no cabling mends that. */
function checkNameless({ request, identity }: Candidate): GateFinding | null {
  if (identity.serial !== null || identity.wwn !== null) return null;
  const what = madeByKernel(identity.majorMinor);
  if (what === null) return null;
  const found = `${identity.kernelName} is ${what}, no disk: it tells neither serial nor WWN, so that nothing proves it the same after a cut`;
  return finding(
    request,
    'GATE_UNIDENTIFIED',
    found,
    'name a disk of its own, or a partition by-partuuid; members of an array or volume serve once it is taken apart (mdadm --stop, vgchange -an)',
  );
}

function checkName({ request, identity }: Candidate): GateFinding[] {
  if (STABLE_FOLDERS.some((folder) => request.path.startsWith(folder))) return [];
  if (request.path.startsWith(MAPPER_FOLDER) && isMultipath(identity.majorMinor)) return [];
  const better = stableNamesOf(identity.majorMinor);
  const nextStep = better.length > 0 ? `use ${better[0]}` : 'use its name below /dev/disk/by-id or /dev/disk/by-path';
  return [finding(request, 'GATE_UNSTABLE_NAME', `${request.path} may be another disk after a power cut`, nextStep)];
}

function stableNamesOf(majorMinor: string): string[] {
  return STABLE_FOLDERS.flatMap((folder) => {
    try {
      return readdirSync(folder)
        .map((name) => folder + name)
        .filter((path) => blockNodeOf(path) === majorMinor);
    } catch {
      return []; // no udev on this host
    }
  });
}

function checkNumbers({ request, identity }: Candidate): GateFinding[] {
  const findings: GateFinding[] = [];
  if (request.serial === undefined && request.wwn === undefined) {
    const says = `serial ${identity.serial ?? 'unknown'}, wwn ${identity.wwn ?? 'unknown'}`;
    findings.push(
      finding(
        request,
        'GATE_UNIDENTIFIED',
        'the profile gives neither serial nor wwn',
        `put what it says of itself into the profile: ${says}`,
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

async function checkBackingFile({ request, identity }: Candidate): Promise<GateFinding[]> {
  const file = identity.backingFile!;
  if (await isBlockDevice(file)) {
    return [
      finding(
        request,
        'GATE_BACKED_BY_DEVICE',
        `${identity.kernelName} is a loop over the block device ${file}`,
        'name that device itself, so that it is checked',
      ),
    ];
  }
  const findings: GateFinding[] = [];
  if (request.backingFile === undefined)
    findings.push(
      finding(
        request,
        'GATE_UNIDENTIFIED',
        `a loop device's number says nothing, and the profile names no backing file`,
        `put backingFile: ${file} into the profile`,
      ),
    );
  else if (!(await isSameFile(request.backingFile, file)))
    findings.push(mismatch(request, 'GATE_BACKING_FILE_MISMATCH', 'backing file', request.backingFile, file));
  // A loop device tells neither: a profile that expects one means some other device.
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
): GateFinding {
  return finding(
    request,
    code,
    `${what} is ${found ?? 'not told'}, the profile says ${expected}`,
    'check the cabling and the profile: this is another device',
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

/** Two spellings of one file (symbolic and hard links, bind mounts): by inode. False where one can't be looked at. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  const [statA, statB] = [await statOrNull(a), await statOrNull(b)];
  return statA !== null && statB !== null && statA.dev === statB.dev && statA.ino === statB.ino;
}

/** (MERGED) Are two roles one device? By number, by backing file, or by the disk's own name when it is reached over two paths. */

/** Null, or in words why the two are one. */
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

/** They share serial, WWN and power, and not a byte. */
function arePartitionsOfOneDisk(a: DeviceIdentity, b: DeviceIdentity): boolean {
  const [one, other] = [readSysfs(a.majorMinor), readSysfs(b.majorMinor)];
  return one?.isPartition === true && other?.isPartition === true && one.diskName === other.diskName;
}

export async function checkDuplicates(candidates: readonly Candidate[]): Promise<GateFinding[]> {
  const findings: GateFinding[] = [];
  for (const [i, later] of candidates.entries()) {
    for (const earlier of candidates.slice(0, i)) {
      const why = await whySameDevice(earlier.identity, later.identity);
      if (why === null) continue;
      const found = `the same as ${earlier.request.role} (${earlier.request.path}): ${why}`;
      findings.push(finding(later.request, 'GATE_SAME_DEVICE', found, 'every role needs a device of its own'));
    }
  }
  return findings;
}
