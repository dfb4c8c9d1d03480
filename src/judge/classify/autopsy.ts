/**
 * Finds out how a sector was damaged that fails its CRC or has no magic. The body of each version can be computed from
 * run, update and LBA, so the raw bytes are compared with the versions that may be there. This is slow (BigInt): it is
 * for the few wrong sectors, not for a scan.
 */
import { SECTOR_BYTES } from '../../base/observation.js';
import { STAMP_OFFSET, parseSector, sectorOf } from '../../workload/stamp.js';

export type Autopsy =
  /** One version with flipped bits. `mask` names the bits; equal masks in many sectors are stuck bits. */
  | { cause: 'flipped'; updateId: number; bits: number; mask: string }
  /** The first `prefixBytes` belong to `updateId`, the rest does not. */
  | { cause: 'shorn'; updateId: number; prefixBytes: number }
  /** None of the versions that may be there. */
  | { cause: 'noise' };

const BODY = STAMP_OFFSET.body;
const BODY_BITS = (SECTOR_BYTES - BODY) * 8;
/** Two versions, or a version and noise, differ in half of the bits (sigma 30). This limit is 15 sigma below that. */
const FLIPPED_BITS_MAX = (BODY_BITS * 3) / 8;
/** This many equal bytes happen by chance once in 2^32 sectors. */
const PREFIX_BYTES_MIN = 4;
/** This many flips in one direction do not happen by chance (2^-15). */
const ONE_WAY_BITS_MIN = 16;

interface Version {
  updateId: number;
  bytes: Uint8Array;
}

/** The first index from `start` at which the two differ. */
function agreeUntil(a: Uint8Array, b: Uint8Array, start: number): number {
  let end = start;
  while (end < SECTOR_BYTES && a[end] === b[end]) end++;
  return end;
}

/** The cut is within the body: one version up to some byte, exactly another version from there on. */
function shornBetween(found: Uint8Array, versions: readonly Version[]): Autopsy | null {
  for (const written of versions) {
    const prefixBytes = agreeUntil(found, written.bytes, BODY);
    if (prefixBytes === BODY || prefixBytes === SECTOR_BYTES) continue;
    const old = versions.find((v) => v !== written && agreeUntil(found, v.bytes, prefixBytes) === SECTOR_BYTES);
    if (old !== undefined) return { cause: 'shorn', updateId: written.updateId, prefixBytes };
  }
  return null;
}

/** The flipped bits in body, magic, run and LBA; the place of the sector determines these header fields. */
class Flips {
  bits = 0;
  private readonly pairs: string[] = [];
  private lanes = 0;
  private set = 0;

  constructor(found: Uint8Array, version: Uint8Array) {
    const compare = (start: number, end: number): void => {
      for (let i = start; i < end; i++) if (found[i] !== version[i]) this.note(i, found[i]!, version[i]!);
    };
    compare(STAMP_OFFSET.magic, STAMP_OFFSET.crc);
    compare(STAMP_OFFSET.runId, STAMP_OFFSET.updateId);
    compare(BODY, SECTOR_BYTES);
  }

  /**
   * A text that is equal for two sectors with the same broken bits: `offset:xor` pairs; or, if many bits all changed to
   * one value, that value and the bits within a byte (a stuck line damages only bytes that had the other value).
   */
  get mask(): string {
    const oneWay = this.bits >= ONE_WAY_BITS_MIN && (this.set === 0 || this.set === this.bits);
    if (oneWay) return `stuck at ${this.set === 0 ? 0 : 1}: ${this.lanes.toString(16)}`;
    return this.pairs.join(' ');
  }

  private note(offset: number, found: number, version: number): void {
    const flipped = found ^ version;
    this.pairs.push(`${offset}:${flipped.toString(16)}`);
    this.lanes |= flipped;
    for (let bit = 1; bit < 256; bit <<= 1) {
      if ((flipped & bit) === 0) continue;
      this.bits++;
      if ((found & bit) !== 0) this.set++;
    }
  }
}

/**
 * `found`: the 512 bytes. `place`: the run and the LBA that the sector must carry. `updateIds`: versions that may be
 * there; the version that its own header names is tried too.
 */
export function examine(
  found: Uint8Array,
  place: { runId: number; lba: number },
  updateIds: readonly number[],
): Autopsy {
  const headerId = parseSector(found).stamp.updateId;
  const candidates = [...new Set([headerId, ...updateIds])].filter((id) => Number.isSafeInteger(id) && id >= 0);
  const versions = candidates.map((updateId): Version => ({ updateId, bytes: sectorOf({ ...place, updateId }) }));

  const shorn = shornBetween(found, versions);
  if (shorn !== null) return shorn;
  for (const { updateId, bytes } of versions) {
    const flips = new Flips(found, bytes);
    if (flips.bits > FLIPPED_BITS_MAX) continue;
    // Only header fields that cannot be checked differ. If a newer version may be there, the cut was within the header.
    const newer = Math.max(...updateIds);
    if (flips.bits === 0 && newer > updateId) return { cause: 'shorn', updateId: newer, prefixBytes: BODY };
    return { cause: 'flipped', updateId, bits: flips.bits, mask: flips.mask };
  }
  for (const { updateId, bytes } of versions) {
    const prefixBytes = agreeUntil(found, bytes, BODY);
    if (prefixBytes - BODY >= PREFIX_BYTES_MIN) return { cause: 'shorn', updateId, prefixBytes };
  }
  return { cause: 'noise' };
}
