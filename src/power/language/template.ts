/**
 * The template language of board descriptions. One template is one frame; whitespace separates its parts.
 *
 *     A0 01            bytes in hex
 *     "relay on "      ASCII, with \r \n \t \\ \" \xHH
 *     {channel-1:u16}  a number: names and constants joined by + and -, then its format (frame.ts)
 *     {crc16}          sum8, xor8, lrc or crc16 of the bytes before it (inside [ ]: of those inside)
 *     [ FE {lrc} ]     the bytes inside, each written as two ASCII hex digits
 *     ( {state} )      once for each channel of the board, {channel} counting from 1
 *
 * and, in answers only (reply.ts): {state} {states} {value} {code} {any} {text} {ws} {eol}.
 *
 * This file splits a template into pieces. Unknown names are found when the template is rendered or compiled.
 */

export type Piece =
  | { kind: 'bytes'; bytes: number[] }
  | { kind: 'field'; source: string; body: string; format: string | null }
  | { kind: 'asciiHex'; pieces: Piece[] }
  | { kind: 'perChannel'; pieces: Piece[] };

export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const TOKEN = /\s+|"((?:[^"\\]|\\.)*)"|\{([^{}]*)\}|([0-9A-Fa-f]+)|([[\]()])/y;

/** Parses one template. Throws `TemplateError` with the text that is wrong. */
export function parseTemplate(text: string): Piece[] {
  const top: Piece[] = [];
  const open: { closer: string; pieces: Piece[] }[] = [{ closer: '', pieces: top }];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    if (token === null)
      throw new TemplateError(`"${text}": "${text.slice(at)}" is neither hex pairs, "text", {field}, [ ] nor ( )`);
    const [, quoted, field, hex, bracket] = token;
    const pieces = open[open.length - 1].pieces;
    if (quoted !== undefined) pieces.push({ kind: 'bytes', bytes: unquote(quoted, text) });
    else if (field !== undefined) pieces.push(parseField(field));
    else if (hex !== undefined) pieces.push({ kind: 'bytes', bytes: hexBytes(hex, text) });
    else if (bracket === '[' || bracket === '(') openGroup(open, bracket);
    else if (bracket !== undefined) closeGroup(open, bracket, text);
  }
  if (open.length > 1)
    throw new TemplateError(`"${text}": a closing "${open[open.length - 1].closer}" is missing; add it`);
  if (top.length === 0) throw new TemplateError('the template is empty; delete the field');
  return top;
}

function openGroup(open: { closer: string; pieces: Piece[] }[], bracket: '[' | '('): void {
  const pieces: Piece[] = [];
  const outer = open[open.length - 1].pieces;
  outer.push(bracket === '[' ? { kind: 'asciiHex', pieces } : { kind: 'perChannel', pieces });
  open.push({ closer: bracket === '[' ? ']' : ')', pieces });
}

function closeGroup(open: { closer: string }[], bracket: string, text: string): void {
  if (open[open.length - 1].closer !== bracket)
    throw new TemplateError(`"${text}": "${bracket}" has no opening bracket; delete it`);
  open.pop();
}

function parseField(field: string): Piece {
  const colon = field.indexOf(':');
  const body = (colon < 0 ? field : field.slice(0, colon)).trim();
  return { kind: 'field', source: `{${field}}`, body, format: colon < 0 ? null : field.slice(colon + 1).trim() };
}

function hexBytes(hex: string, text: string): number[] {
  if (hex.length % 2 !== 0)
    throw new TemplateError(`"${text}": "${hex}" has an odd number of hex digits; write two for each byte`);
  return (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

const ESCAPES: Record<string, string> = { r: '\r', n: '\n', t: '\t' };

function unquote(quoted: string, text: string): number[] {
  const plain = quoted.replace(/\\(x([0-9A-Fa-f]{2})|.)/g, (_all, name: string, code: string | undefined) =>
    code === undefined ? (ESCAPES[name] ?? name) : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Array.from(plain, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff)
      throw new TemplateError(`"${text}": "${character}" does not fit into one byte; use ASCII or \\xHH`);
    return code;
  });
}
