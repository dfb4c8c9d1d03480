/** The reference that the native stamp is compared with, for a write of many sectors. */
import { SECTOR_BYTES } from '../../src/base/observation.js';
import { stampSector } from '../../src/workload/stamp.js';

/** Stamps all sectors of a write: `lengthBytes` (a multiple of 512) from `offset`; sector i has LBA `firstLba + i`. */
export function stampWrite(
  bytes: Uint8Array,
  offset: number,
  lengthBytes: number,
  write: { runId: number; updateId: number; transactionId: number; firstLba: number },
): void {
  const sectorCount = lengthBytes / SECTOR_BYTES;
  if (!Number.isSafeInteger(sectorCount))
    throw new RangeError(`write of ${lengthBytes} bytes: must be a multiple of 512`);
  for (let sectorIndex = 0; sectorIndex < sectorCount; sectorIndex++) {
    const { firstLba, ...rest } = write;
    stampSector(bytes, offset + sectorIndex * SECTOR_BYTES, {
      ...rest,
      lba: firstLba + sectorIndex,
      sectorIndex,
      sectorCount,
    });
  }
}
