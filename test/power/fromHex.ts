/** The bytes of hex pairs; ignores spaces. Throws `TypeError` on any other text. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0 || /[^0-9A-Fa-f]/.test(digits)) throw new TypeError(`not pairs of hex digits: "${text}"`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}
