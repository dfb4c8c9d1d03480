/** `lab:NAME`: a disk or board of the profile's own virtual lab. */
import { AREA_NAMES } from '../base/areas.js';
import type { DeviceRef } from '../blockdev/deviceRef.js';
import type { ResolvedRig } from './resolved.js';

const LAB_PREFIX = 'lab:';

/** The NAME of `lab:NAME`; null for a real device or tty. */
export function labName(ref: string | undefined): string | null {
  return ref?.startsWith(LAB_PREFIX) ? ref.slice(LAB_PREFIX.length) : null;
}

export function isLabDevice(ref: DeviceRef): boolean {
  return labName(ref.device) !== null;
}

export function usesLab(rig: ResolvedRig): boolean {
  return AREA_NAMES.some((area) => isLabDevice(rig[area])) || rig.boards.some(({ tty }) => labName(tty) !== null);
}
