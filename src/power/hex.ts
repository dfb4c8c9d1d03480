/** Bytes as upper-case hex pairs with spaces between, and as text for messages. */

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
}

/** Bytes for a message: as text if `isText`, else as hex pairs. The caller adds the quotes. */
export function readable(bytes: Uint8Array, isText: boolean): string {
  return isText ? Array.from(bytes, printed).join('') : toHex(bytes);
}

const ESCAPED: Record<number, string> = { 0x09: '\\t', 0x0a: '\\n', 0x0d: '\\r', 0x22: '\\"', 0x5c: '\\\\' };

function printed(byte: number): string {
  if (ESCAPED[byte] !== undefined) return ESCAPED[byte];
  return byte >= 0x20 && byte < 0x7f
    ? String.fromCharCode(byte)
    : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
