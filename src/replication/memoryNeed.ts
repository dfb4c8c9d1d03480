/**
 * The memory that the tracker of an area takes, known before a device is opened: an area that does not fit is refused
 * then, and not when the kernel ends the bench in the middle of a campaign.
 */
import { ReplicationError } from './errors.js';

/** A map has a bit a region, and a summary of a 32nd of that (tracker/core/indicatorMap.ts). */
const MAP_BYTES_PER_REGION = (1 + 1 / 32) / 8;
/** Indicators, regions that await resync, and D as recovery found it. */
const MAPS = 3;
/** The program, the native library, the arena of the ring and the pools of the core, without regions. */
const FIXED_BYTES = 200 * 2 ** 20;

/** Bytes at most for the maps of `regionCount` regions; the history of the judge comes on top, with what is written. */
export function trackerBytes(regionCount: number): number {
  return FIXED_BYTES + MAPS * MAP_BYTES_PER_REGION * regionCount;
}

/** The smallest region size, a power of two, whose maps take at most `availableBytes`; null: none does. */
export function regionBytesFor(usableBytes: number, availableBytes: number): number | null {
  const regionCount = (availableBytes - FIXED_BYTES) / (MAPS * MAP_BYTES_PER_REGION);
  return regionCount < 1 ? null : 2 ** Math.max(12, Math.ceil(Math.log2(usableBytes / regionCount)));
}

/** @throws ReplicationError ENGINE_DEVICE when the maps of the regions do not fit into the memory of the host */
export function requireMemory(
  { usableBytes, regionBytes }: { usableBytes: number; regionBytes: number },
  availableBytes = process.availableMemory(),
): void {
  const regions = Math.ceil(usableBytes / regionBytes);
  const needed = trackerBytes(regions);
  if (needed <= availableBytes) return;
  const enough = regionBytesFor(usableBytes, availableBytes);
  const next = enough === null ? 'Add memory' : `Write a regionSize of at least ${inUnits(enough)}, or add memory`;
  throw new ReplicationError(
    'ENGINE_DEVICE',
    `the maps of ${regions} regions of ${inUnits(regionBytes)} need ${inUnits(needed)} of memory, but this host has ` +
      `${inUnits(availableBytes)} available. ${next}`,
    { needed, available: availableBytes, regions },
  );
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function inUnits(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  const value = bytes / 2 ** (10 * unit);
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
