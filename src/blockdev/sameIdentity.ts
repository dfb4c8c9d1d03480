/** Is what came back after a cut what went away? Kernel name, number and path may change; what the disk says may not. */
import type { DeviceIdentity } from './blockDevice.js';

export interface IdentityDifference {
  field: keyof DeviceIdentity;
  before: string;
  after: string;
}

const LASTING = ['serial', 'wwn', 'model', 'backingFile', 'sizeBytes', 'logicalBlockBytes'] as const;
/** For a device without a name of its own: only the kernel can tell that it never went away. */
const WHILE_ATTACHED = ['majorMinor', 'diskSequence'] as const;

/** Empty when they are one device. A fact that is no longer told counts as a difference. */
export function identityDifferences(before: DeviceIdentity, after: DeviceIdentity): IdentityDifference[] {
  const isNamed = before.serial !== null || before.wwn !== null || before.backingFile !== null;
  const fields = isNamed ? LASTING : [...LASTING, ...WHILE_ATTACHED];
  return fields
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ field, before: String(before[field] ?? 'unknown'), after: String(after[field] ?? 'unknown') }));
}

export function sameIdentity(before: DeviceIdentity, after: DeviceIdentity): boolean {
  return identityDifferences(before, after).length === 0;
}
