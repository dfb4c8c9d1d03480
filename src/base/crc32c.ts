/** CRC32C (Castagnoli, RFC 3720 appendix B.4) in plain TypeScript: the reference that the C code is tested against. */

/** 0x1EDC6F41 with its bits reversed. */
const POLYNOMIAL_REVERSED = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL_REVERSED : crc >>> 1;
  return crc >>> 0;
});

/** CRC of `bytes[start … end)`; `seed` is the CRC of the bytes before them. Returns a uint32. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  let crc = ~seed;
  for (let i = start; i < end; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
