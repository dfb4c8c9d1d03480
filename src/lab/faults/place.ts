/** Where a fault of a range lies: as told, or at a seeded place. */
import { SECTOR_BYTES } from '../disk/device.js';
import type { FaultContext } from './context.js';

export interface PlacedRange {
  offset: number;
  length: number;
}

/** Clipped to the disk. */
export function placeRange(
  fault: { class: string; offset?: number; length: number },
  context: FaultContext,
): PlacedRange {
  const length = Math.min(fault.length, context.sizeBytes);
  const placesMax = (context.sizeBytes - length) / SECTOR_BYTES + 1;
  const offset = fault.offset ?? context.random(`${fault.class}/place`).below(placesMax) * SECTOR_BYTES;
  return { offset: Math.min(offset, context.sizeBytes - length), length };
}
