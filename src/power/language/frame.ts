/** From a template and values to the bytes of a frame to send. */

import { checksum, isChecksum } from './checksum.js';
import { type Values, writeNumber } from './numbers.js';
import { type Piece, parseTemplate } from './template.js';

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
