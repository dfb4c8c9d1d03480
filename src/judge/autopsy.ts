/**
 * How a sector that fails its CRC (or has lost its magic) came to be so. The body of every version can be computed
 * from run, update and LBA, so the raw bytes are compared with the versions that could be there. Slow (BigInt): for
 * the few sectors that are wrong, not for a scan.
 */
import { SECTOR_BYTES } from '../workload/observation.js';
import { STAMP_OFFSET, parseSector, sectorOf } from '../workload/stamp.js';

export type Autopsy =
  /** One version with bits flipped. `mask` names which; equal masks over many sectors are stuck bits. */
  | { cause: 'flipped'; updateId: number; bits: number; mask: string }
  /** The first `prefixBytes` are of `updateId`, the rest is not. */
  | { cause: 'shorn'; updateId: number; prefixBytes: number }
  /** No version that could be there. */
  | { cause: 'noise' };

const BODY = STAMP_OFFSET.body;
const BODY_BITS = (SECTOR_BYTES - BODY) * 8;
/** Two versions, or a version and noise, differ in half of the bits; an eighth lies 40 standard deviations below. */
const FLIPPED_BITS_MAX = BODY_BITS / 8;
/** So many bytes equal by chance once in 2^32 sectors. */
const PREFIX_BYTES_MIN = 4;

function popcount8(x: number): number {
  let bits = 0;
  for (let rest = x; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

function differingBits(a: Uint8Array, b: Uint8Array, start: number, end: number): number {
  let bits = 0;
  for (let i = start; i < end; i++) bits += popcount8(a[i]! ^ b[i]!);
  return bits;
}

/** Flipped bits as `offset:xor` pairs, over body, magic, run and LBA (the header fields that the place determines). */
function maskOf(found: Uint8Array, version: Uint8Array): string {
  const pairs: string[] = [];
  const note = (i: number): void => {
    const flipped = found[i]! ^ version[i]!;
    if (flipped !== 0) pairs.push(`${i}:${flipped.toString(16)}`);
  };
  for (let i = STAMP_OFFSET.magic; i < STAMP_OFFSET.crc; i++) note(i);
  for (let i = STAMP_OFFSET.runId; i < STAMP_OFFSET.updateId; i++) note(i);
  for (let i = BODY; i < SECTOR_BYTES; i++) note(i);
  return pairs.join(' ');
}

/**
 * `found`: the 512 bytes. `place`: run and LBA the sector must belong to. `updateIds`: versions that may be there; the
 * one its own header names is tried too.
 */
export function examine(found: Uint8Array, place: { runId: number; lba: number }, updateIds: readonly number[]): Autopsy {
  const headerId = parseSector(found).stamp.updateId;
  const candidates = [...new Set([headerId, ...updateIds])].filter((id) => Number.isSafeInteger(id) && id >= 0);
  const versions = candidates.map((updateId) => ({ updateId, bytes: sectorOf({ ...place, updateId }) }));

  for (const { updateId, bytes } of versions) {
    const bodyBits = differingBits(found, bytes, BODY, SECTOR_BYTES);
    if (bodyBits > FLIPPED_BITS_MAX) continue;
    // A whole old body under a newer header: the cut came within the header.
    if (bodyBits === 0 && headerId > updateId && updateIds.includes(headerId)) {
      return { cause: 'shorn', updateId: headerId, prefixBytes: BODY };
    }
    const headerBits = differingBits(found, bytes, STAMP_OFFSET.magic, STAMP_OFFSET.crc) +
      differingBits(found, bytes, STAMP_OFFSET.runId, STAMP_OFFSET.updateId);
    return { cause: 'flipped', updateId, bits: bodyBits + headerBits, mask: maskOf(found, bytes) };
  }
  for (const { updateId, bytes } of versions) {
    let end = BODY;
    while (end < SECTOR_BYTES && found[end] === bytes[end]) end++;
    if (end - BODY >= PREFIX_BYTES_MIN) return { cause: 'shorn', updateId, prefixBytes: end };
  }
  return { cause: 'noise' };
}
