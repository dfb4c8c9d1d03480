/**
 * Stamping, scanning and comparing sectors, and CRC32C, in C. Checks the bounds here: C gets only ranges in the buffer.
 */
import { BLOCK_BYTES, OBSERVATION_FIELD } from '../base/observation.js';
import { loadNative } from './ffi/loadNative.js';
import type { FfiName } from './ffi/native.js';
import type { SectorTools } from './blockDevice.js';
import { CONSTANTS } from './ffi/signatures.js';

const SECTOR_BYTES = CONSTANTS.PP_SECTOR_BYTES;

function requireInside(buffer: Uint8Array, offset: number, lengthBytes: number): void {
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(lengthBytes) ||
    offset < 0 ||
    lengthBytes < 0 ||
    offset + lengthBytes > buffer.length
  )
    throw new RangeError(`offset ${offset}, length ${lengthBytes}: outside the buffer of ${buffer.length} bytes`);
}

function requireSectors(buffer: Uint8Array, offset: number, lengthBytes: number): void {
  requireInside(buffer, offset, lengthBytes);
  if (lengthBytes % SECTOR_BYTES !== 0)
    throw new RangeError(`length is ${lengthBytes}; it must be a multiple of ${SECTOR_BYTES}`);
}

export function sectorTools(ffi?: FfiName): SectorTools {
  const native = loadNative(ffi);
  return {
    stamp(buffer, offset, lengthBytes, s) {
      requireSectors(buffer, offset, lengthBytes);
      native.pp_stamp(buffer, offset, lengthBytes, s.runId, s.updateId, s.transactionId, s.firstLba);
    },
    scan(buffer, offset, lengthBytes, out) {
      requireSectors(buffer, offset, lengthBytes);
      const needed = (lengthBytes / SECTOR_BYTES) * OBSERVATION_FIELD.strideDoubles;
      if (out.length < needed)
        throw new RangeError(`out has ${out.length} doubles; ${needed} are needed for ${lengthBytes} bytes`);
      return native.pp_scan(buffer, offset, lengthBytes, out);
    },
    scanBlocks(buffer, offset, lengthBytes, { runId, firstLba }, out) {
      requireSectors(buffer, offset, lengthBytes);
      const needed = Math.ceil(lengthBytes / BLOCK_BYTES);
      if (out.length < needed)
        throw new RangeError(`out has ${out.length} doubles; ${needed} are needed for ${lengthBytes} bytes`);
      return native.pp_scan_blocks(buffer, offset, lengthBytes, runId, firstLba, out);
    },
    compare(buffer, offsetA, offsetB, lengthBytes) {
      requireInside(buffer, offsetA, lengthBytes);
      requireInside(buffer, offsetB, lengthBytes);
      return native.pp_compare(buffer, offsetA, offsetB, lengthBytes);
    },
    sealBlocks(buffer, offset, lengthBytes) {
      requireSectors(buffer, offset, lengthBytes);
      native.pp_seal_blocks(buffer, offset, lengthBytes);
    },
    crc32c(buffer, seed = 0) {
      return native.pp_crc32c(buffer, 0, buffer.length, seed);
    },
  };
}
