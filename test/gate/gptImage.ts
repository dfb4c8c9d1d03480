/** A GUID partition table without partitions, for sectors of 512 bytes (UEFI 2.10, 5.3). */
const SECTOR_BYTES = 512;
/** 128 entries of 128 bytes, all empty. */
const ENTRY_SECTORS = 32;

export interface GptImage {
  /** Protective MBR, header, entries: from byte 0. */
  primary: Buffer;
  /** Entries, header: the last 33 sectors. */
  backup: Buffer;
}

export function gpt(sizeBytes: number): GptImage {
  const lastLba = sizeBytes / SECTOR_BYTES - 1;
  const entries = Buffer.alloc(ENTRY_SECTORS * SECTOR_BYTES);
  const mbr = Buffer.alloc(SECTOR_BYTES);
  mbr.writeUInt8(0xee, 450);
  mbr.writeUInt32LE(1, 454);
  mbr.writeUInt32LE(lastLba, 458);
  mbr.writeUInt16LE(0xaa55, 510);
  return {
    primary: Buffer.concat([mbr, header(1, lastLba, 2, entries, lastLba), entries]),
    backup: Buffer.concat([entries, header(lastLba, 1, lastLba - ENTRY_SECTORS, entries, lastLba)]),
  };
}

function header(ownLba: number, otherLba: number, entriesLba: number, entries: Buffer, lastLba: number): Buffer {
  const sector = Buffer.alloc(SECTOR_BYTES);
  sector.write('EFI PART', 0, 'latin1');
  sector.writeUInt32LE(0x10000, 8);
  sector.writeUInt32LE(92, 12);
  sector.writeUIntLE(ownLba, 24, 6);
  sector.writeUIntLE(otherLba, 32, 6);
  sector.writeUIntLE(ENTRY_SECTORS + 2, 40, 6);
  sector.writeUIntLE(lastLba - ENTRY_SECTORS - 1, 48, 6);
  sector.writeUIntLE(entriesLba, 72, 6);
  sector.writeUInt32LE(128, 80);
  sector.writeUInt32LE(128, 84);
  sector.writeUInt32LE(~crc32(entries, 0xffffffff) >>> 0, 88);
  sector.writeUInt32LE(~crc32(sector.subarray(0, 92), 0xffffffff) >>> 0, 16);
  return sector;
}

/** Reflected CRC-32 (polynomial 0x04C11DB7): takes and returns the register, without the final inversion. */
export function crc32(bytes: Buffer, register: number): number {
  let crc = register;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return crc >>> 0;
}
