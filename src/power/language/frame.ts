/** From a template and values to the bytes of a frame to send. */

import { type Piece, parseTemplate, TemplateError } from './template.js';
import crc16modbus from 'crc/crc16modbus';

/** Bytes of one frame. Throws `TemplateError` if a name is unknown or a number does not fit. */
export function renderFrame(template: string, values: Values): Uint8Array {
  return Uint8Array.from(renderPieces(parseTemplate(template), values));
}

/** Bytes of pieces; checksums cover what stands before them in the same list. */
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

/** (MERGED) Numbers of a template: names and constants joined by + and -, and the ways in which boards write them. */

/**
 * Names a template may use. Always there: `channel` (1-based), `channels` (of the board), `bit` (of the channel),
 * `coilBytes`. In a frame that sets all relays: `mask` (relay 1 = lowest bit). In a timed pulse: `units`. Besides, the
 * options of the board type.
 */
export type Values = Readonly<Record<string, number>>;

/** Works out `channel+0x64-1`. Throws `TemplateError` on an unknown name. */
export function evaluate(expression: string, values: Values): number {
  const terms = expression.replace(/\s+/g, '').match(/[+-]?[^+-]+/g);
  if (terms === null || terms.join('') !== expression.replace(/\s+/g, '')) {
    throw new TemplateError(`"${expression}" is not a sum of names and numbers`);
  }
  return terms.reduce((sum, term) => {
    const bare = term.replace(/^[+-]/, '');
    const value = /^(0x[0-9A-Fa-f]+|[0-9]+)$/.test(bare) ? Number(bare) : ownValue(values, bare);
    return term.startsWith('-') ? sum - value : sum + value;
  }, 0);
}

function ownValue(values: Values, name: string): number {
  if (!Object.hasOwn(values, name)) {
    const elsewhere = Object.hasOwn(ELSEWHERE, name) ? `: ${ELSEWHERE[name]}` : '';
    throw new TemplateError(`nothing is called "${name}" here; known: ${Object.keys(values).join(', ')}${elsewhere}`);
  }
  return values[name];
}

const ONE_CHANNEL =
  'only a frame for one channel has it. In read, add per: channel to ask each channel by itself, or put ( ) around what stands once for each';

/** Names that other frames know. */
const ELSEWHERE: Record<string, string> = {
  channel: ONE_CHANNEL,
  bit: ONE_CHANNEL,
  mask: 'only frames for all relays have it, set.mask and setAll',
  units: 'only frames of pulse have it',
};

type Writer = (value: number, values: Values) => number[];

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/** Ways to write a number, by the name that a template uses. */
const writers: Record<string, Writer> = {
  byte: (value) => [checked(value, 0xff)],
  /** Active-low masks: 255 minus the value. */
  not: (value) => [0xff - checked(value, 0xff)],
  u16: (value) => [checked(value, 0xffff) >> 8, value & 0xff],
  u16le: (value) => [checked(value, 0xffff) & 0xff, value >> 8],
  /** 16 relays, the first one in the highest bit. */
  rev16: (value) => {
    const reversed = reverse16(checked(value, 0xffff));
    return [reversed >> 8, reversed & 0xff];
  },
  /** Modbus: as many bytes as the channels need, lowest relays first. */
  coils: (value, values) =>
    Array.from({ length: Math.ceil(values['channels'] / 8) }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff),
  dec: (value) => ascii(String(checked(value, Number.MAX_SAFE_INTEGER))),
  dec2: (value) => ascii(String(checked(value, 99)).padStart(2, '0')),
  base32: (value) => ascii(checked(value, 31).toString(32).toUpperCase()),
  /** Numato: one digit 0-9A-V up to 32 channels, two decimals at 64. */
  numato: (value, values) =>
    values['channels'] > 32 ? writers['dec2'](value, values) : writers['base32'](value, values),
};

/** Bytes of `expression` written as `format` says (default: one byte). */
export function writeNumber(expression: string, format: string | null, values: Values): number[] {
  const name = format ?? 'byte';
  if (!Object.hasOwn(writers, name)) {
    throw new TemplateError(`cannot write a number as "${name}"; known: ${Object.keys(writers).join(', ')}`);
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
    throw new TemplateError(`${value} does not fit: 0 to ${max} is allowed here`);
  }
  return value;
}

/** (MERGED) The four checks that relay boards put behind their frames. */

export type ChecksumName = 'sum8' | 'xor8' | 'lrc' | 'crc16';

export const checksumBytes: Record<ChecksumName, number> = { sum8: 1, xor8: 1, lrc: 1, crc16: 2 };

export function isChecksum(name: string): name is ChecksumName {
  return Object.hasOwn(checksumBytes, name);
}

/** The check over `bytes`, as it goes over the wire (CRC16 of Modbus: low byte first). */
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
