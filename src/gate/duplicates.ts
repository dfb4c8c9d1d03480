/** Are two roles one device? By number, by backing file, or by the disk's own name when it is reached over two paths. */
import { isSameFile } from './identityCheck.js';
import { finding, type Candidate, type GateFinding } from './types.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';
import { readSysfs } from '../blockdev/sysfs.js';

/** Null, or in words why the two are one. */
export async function whyOne(a: DeviceIdentity, b: DeviceIdentity): Promise<string | null> {
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
      const why = await whyOne(earlier.identity, later.identity);
      if (why === null) continue;
      const found = `the same as ${earlier.request.role} (${earlier.request.path}): ${why}`;
      findings.push(finding(later.request, 'GATE_SAME_DEVICE', found, 'every role needs a device of its own'));
    }
  }
  return findings;
}
