/** Renders a template with values: the bytes of a frame to send, its numbers and its checksums. */

import { type Piece, parseTemplate, TemplateError } from './template.js';
import crc16modbus from 'crc/crc16modbus';

/** The bytes of one frame. Throws `TemplateError` if a name is unknown or a number does not fit. */
export function renderFrame(template: string, values: Values): Uint8Array {
  return Uint8Array.from(renderPieces(parseTemplate(template), values));
}

/** The bytes of pieces; a checksum covers the pieces before it in the same list. */
export function renderPieces(pieces: readonly Piece[], values: Values): number[] {
  const out: number[] = [];
  for (const piece of pieces) out.push(...renderPiece(piece, values, out));
  return out;
}

function renderPiece(piece: Piece, values: Values, before: readonly number[]): number[] {
  switch (piece.kind) {
    case 'bytes':
      return piece.bytes;
    case 'field':
      if (isChecksum(piece.body)) return checksum(piece.body, Uint8Array.from(before));
      return writeNumber(piece.body, piece.format, values);
    case 'asciiHex':
      return asciiHex(renderPieces(piece.pieces, values));
    case 'perChannel':
      return eachChannel(values).flatMap((inner) => renderPieces(piece.pieces, inner));
  }
}

/** The values with `channel` set to 1, 2, … in turn. */
export function eachChannel(values: Values): Values[] {
  return Array.from({ length: values['channels'] }, (_, i) => ({ ...values, channel: i + 1 }));
}

function asciiHex(bytes: readonly number[]): number[] {
  const text = bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
  return Array.from(text, (digit) => digit.charCodeAt(0));
}

/**
 * The names that a template may use: `channels` (of the board) and `coilBytes` in every frame, `channel` (1-based) and
 * `bit` in a frame for one channel, `mask` (relay 1 = lowest bit) in a frame for all relays, `units` in a timed pulse,
 * and the options of the board type.
 */
export type Values = Readonly<Record<string, number>>;

/** Evaluates a sum such as `channel+0x64-1`. Throws `TemplateError` on an unknown name. */
export function evaluate(expression: string, values: Values): number {
  const terms = expression.replace(/\s+/g, '').match(/[+-]?[^+-]+/g);
  if (terms === null || terms.join('') !== expression.replace(/\s+/g, '')) {
    throw new TemplateError(`"${expression}" is not a sum of names and numbers; write it like channel+0x64-1`);
  }
  return terms.reduce((sum, term) => {
    const bare = term.replace(/^[+-]/, '');
    const value = /^(0x[0-9A-Fa-f]+|[0-9]+)$/.test(bare) ? Number(bare) : ownValue(values, bare);
    return term.startsWith('-') ? sum - value : sum + value;
  }, 0);
}

function ownValue(values: Values, name: string): number {
  if (!Object.hasOwn(values, name)) {
    const elsewhere = Object.hasOwn(ELSEWHERE, name) ? `; ${ELSEWHERE[name]}` : '';
    throw new TemplateError(`name "${name}" is not known here (known: ${Object.keys(values).join(', ')})${elsewhere}`);
  }
  return values[name];
}

const ONE_CHANNEL =
  'only a frame for one channel has it. In read, add per: channel to read each channel by its own frame, or put ( ) around the part that repeats for each channel';

/** Names that only some frames have. */
const ELSEWHERE: Record<string, string> = {
  channel: ONE_CHANNEL,
  bit: ONE_CHANNEL,
  mask: 'only the frames set.mask and setAll have it',
  units: 'only the frames of pulse have it',
};

type Writer = (value: number, values: Values) => number[];

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/** Number formats by the name that a template uses. */
const writers: Record<string, Writer> = {
  byte: (value) => [checked(value, 0xff)],
  /** Active-low masks: 255 minus the value. */
  not: (value) => [0xff - checked(value, 0xff)],
  u16: (value) => [checked(value, 0xffff) >> 8, value & 0xff],
  u16le: (value) => [checked(value, 0xffff) & 0xff, value >> 8],
  /** 16 relays, relay 1 in the highest bit. */
  rev16: (value) => {
    const reversed = reverse16(checked(value, 0xffff));
    return [reversed >> 8, reversed & 0xff];
  },
  /** Modbus: one bit for each channel, relays 1 to 8 in the first byte. */
  coils: (value, values) =>
    Array.from({ length: Math.ceil(values['channels'] / 8) }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff),
  dec: (value) => ascii(String(checked(value, Number.MAX_SAFE_INTEGER))),
  dec2: (value) => ascii(String(checked(value, 99)).padStart(2, '0')),
  base32: (value) => ascii(checked(value, 31).toString(32).toUpperCase()),
  /** Numato: one digit 0-9A-V up to 32 channels, two decimal digits at 64. */
  numato: (value, values) =>
    values['channels'] > 32 ? writers['dec2'](value, values) : writers['base32'](value, values),
};

/** The bytes of `expression` in `format` (default: one byte). */
export function writeNumber(expression: string, format: string | null, values: Values): number[] {
  const name = format ?? 'byte';
  if (!Object.hasOwn(writers, name)) {
    throw new TemplateError(`number format "${name}" does not exist; known: ${Object.keys(writers).join(', ')}`);
  }
  return writers[name](evaluate(expression, values), values);
}

export function reverse16(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 16; bit += 1) if (value & (1 << bit)) reversed |= 0x8000 >> bit;
  return reversed;
}

function checked(value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new TemplateError(`${value} does not fit; it must be 0 to ${max} in this format`);
  }
  return value;
}

/** The four checksums that relay boards use. */
export type ChecksumName = 'sum8' | 'xor8' | 'lrc' | 'crc16';

export const checksumBytes: Record<ChecksumName, number> = { sum8: 1, xor8: 1, lrc: 1, crc16: 2 };

export function isChecksum(name: string): name is ChecksumName {
  return Object.hasOwn(checksumBytes, name);
}

/** The checksum of `bytes` in the order of transmission (CRC16 of Modbus: low byte first). */
export function checksum(name: ChecksumName, bytes: Uint8Array): number[] {
  switch (name) {
    case 'sum8':
      return [bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0)];
    case 'xor8':
      return [bytes.reduce((sum, byte) => sum ^ byte, 0)];
    case 'lrc':
      // Modbus ASCII: two's complement of the sum.
      return [-bytes.reduce((sum, byte) => sum + byte, 0) & 0xff];
    case 'crc16': {
      const crc = crc16modbus(Buffer.from(bytes));
      return [crc & 0xff, crc >> 8];
    }
  }
}
