/** Bytes as people read them on a serial line: upper-case pairs with spaces between. */

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
}

/** Bytes of a dialogue in words as words, anything else as hex pairs; for messages, which put it in quotes. */
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

/** Reads what `toHex` writes; spaces are free. Throws `TypeError` on anything else. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0 || /[^0-9A-Fa-f]/.test(digits)) throw new TypeError(`not pairs of hex digits: "${text}"`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}
