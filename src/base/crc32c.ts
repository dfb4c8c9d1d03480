/**
 * CRC32C (Castagnoli, RFC 3720 appendix B.4) in plain TypeScript: the reference that the C code is tested against.
 *
 * Eight bytes at a time ("slicing by 8", Kounavis and Berry, 2005): table k has the CRC of a byte that k more bytes
 * follow, so eight look-ups that do not wait for each other replace eight that do.
 */

/** 0x1EDC6F41 with its bits reversed. */
const POLYNOMIAL_REVERSED = 0x82f63b78;
const SLICES = 8;

/** Table k at 256 k. Signed, because V8 keeps such values in small integers. */
const TABLES = tables();

function tables(): Int32Array {
  const all = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL_REVERSED : crc >>> 1;
    all[byte] = crc;
  }
  for (let i = 256; i < all.length; i++) {
    const before = all[i - 256]!;
    all[i] = (before >>> 8) ^ all[before & 0xff]!;
  }
  return all;
}

/** CRC of `bytes[start … end)`; `seed` is the CRC of the bytes before them. Returns a uint32. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  const t = TABLES;
  let crc = ~seed;
  let i = start;
  for (; i + SLICES <= end; i += SLICES) {
    crc =
      t[0x700 | ((crc ^ bytes[i]!) & 0xff)]! ^
      t[0x600 | (((crc >>> 8) ^ bytes[i + 1]!) & 0xff)]! ^
      t[0x500 | (((crc >>> 16) ^ bytes[i + 2]!) & 0xff)]! ^
      t[0x400 | ((crc >>> 24) ^ bytes[i + 3]!)]! ^
      t[0x300 | bytes[i + 4]!]! ^
      t[0x200 | bytes[i + 5]!]! ^
      t[0x100 | bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < end; i++) crc = t[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
