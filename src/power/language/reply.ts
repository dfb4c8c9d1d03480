/**
 * Finds a board's answer in what came over the wire. A template becomes a regular expression over bytes (one character,
 * one byte); checksums in it are worked out and compared. Captures:
 *
 *     {state}            one relay, bytes 01 and 00; {state:FF/00} other bytes; {state:'ON'/'OFF'} words
 *     {states}           a byte with one bit a relay; {states:rev16} {states:coils} as in numbers.ts
 *     {value}            a number in text      {code}  a byte that says why the board refuses
 *     {any} {text}       a byte, or printable characters, that do not matter
 *     {ws} {eol}         blanks and line ends, or none; a line end
 *
 * An answer made of captures alone (one raw byte) can be told from noise only by its length: `marked` is false for it,
 * and the caller must wait until the line is quiet and then demand that nothing else came.
 */

import { checksum, checksumBytes, type ChecksumName, isChecksum } from './checksum.js';
import { eachChannel, renderPieces } from './frame.js';
import { reverse16, type Values, writeNumber } from './numbers.js';
import { type Piece, parseTemplate, TemplateError } from './template.js';

export interface Captures {
  /** By channel, what the answer says. */
  states: Map<number, boolean>;
  value?: number;
  code?: number;
}

export interface ReplyPattern {
  template: string;
  marked: boolean;
  /** First place in `text` (latin1) where a whole valid answer stands, or null. Unmarked: the whole text or null. */
  find(text: string): Captures | null;
}

type Mark =
  | { kind: 'state'; group: string; channel: number; on: string }
  | { kind: 'states'; group: string; order: StatesOrder }
  | { kind: 'value' | 'code'; group: string }
  | { kind: 'check'; group: string; check: ChecksumName };

type StatesOrder = 'byte' | 'not' | 'rev16' | 'coils';

interface Build {
  source: string;
  literals: number;
  marks: Mark[];
}

/** Compiles a template for an answer. Throws `TemplateError`. */
export function compileReply(template: string, values: Values): ReplyPattern {
  const build: Build = { source: '', literals: 0, marks: [] };
  addPieces(build, parseTemplate(template), values);
  const marked = build.literals > 0;
  const pattern = new RegExp(marked ? build.source : `^${build.source}$`, 'dgs');
  return { template, marked, find: (text) => find(pattern, build.marks, text, values) };
}

/** An answer that repeats the frame byte for byte. */
export function echoReply(frame: Uint8Array): ReplyPattern {
  const wanted = String.fromCharCode(...frame);
  return {
    template: 'echo',
    marked: true,
    find: (text) => (text.includes(wanted) ? { states: new Map() } : null),
  };
}

function find(pattern: RegExp, marks: readonly Mark[], text: string, values: Values): Captures | null {
  pattern.lastIndex = 0;
  for (;;) {
    const match = pattern.exec(text);
    if (match === null) return null;
    if (marks.every((mark) => mark.kind !== 'check' || checkHolds(mark, match, text))) return read(marks, match, values);
    // A frame may begin inside what only looked like one.
    pattern.lastIndex = match.index + 1;
  }
}

function checkHolds(mark: Mark & { kind: 'check' }, match: RegExpExecArray, text: string): boolean {
  const [start, end] = match.indices!.groups![mark.group];
  const wanted = checksum(mark.check, bytesOf(text.slice(match.index, start)));
  return String.fromCharCode(...wanted) === text.slice(start, end);
}

function read(marks: readonly Mark[], match: RegExpExecArray, values: Values): Captures {
  const captures: Captures = { states: new Map() };
  for (const mark of marks) {
    const text = match.groups![mark.group];
    if (mark.kind === 'state') captures.states.set(mark.channel, text === mark.on);
    else if (mark.kind === 'states') readStates(captures.states, bytesOf(text), mark.order, values['channels']);
    else if (mark.kind === 'value') captures.value = Number(text);
    else if (mark.kind === 'code') captures.code = text.charCodeAt(0);
  }
  return captures;
}

function readStates(states: Map<number, boolean>, bytes: Uint8Array, order: StatesOrder, channels: number): void {
  const little = order === 'rev16' ? reversed(bytes) : bytes;
  for (let channel = 1; channel <= channels; channel += 1) {
    const bit = (little[(channel - 1) >> 3] >> ((channel - 1) & 7)) & 1;
    states.set(channel, (bit === 1) !== (order === 'not'));
  }
}

function reversed(bytes: Uint8Array): Uint8Array {
  const value = reverse16((bytes[0] << 8) | bytes[1]);
  return Uint8Array.of(value & 0xff, value >> 8);
}

const escapeByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

function addPieces(build: Build, pieces: readonly Piece[], values: Values): void {
  for (const piece of pieces) {
    if (piece.kind === 'perChannel') {
      for (const inner of eachChannel(values)) addPieces(build, piece.pieces, inner);
    } else if (piece.kind === 'field') addField(build, piece, values);
    else addLiteral(build, renderPieces([piece], values));
  }
}

function addLiteral(build: Build, bytes: readonly number[]): void {
  build.source += bytes.map(escapeByte).join('');
  build.literals += bytes.length;
}

const NUMBER = '[+-]?[0-9]+(?:\\.[0-9]*)?(?:[eE][+-]?[0-9]+)?';

function addField(build: Build, piece: Piece & { kind: 'field' }, values: Values): void {
  const group = `g${build.marks.length}`;
  const capture = (source: string, mark: Mark): void => {
    build.source += `(?<${group}>${source})`;
    build.marks.push(mark);
  };
  if (isChecksum(piece.body)) {
    build.literals += 1;
    return capture(`.{${checksumBytes[piece.body]}}`, { kind: 'check', group, check: piece.body });
  }
  switch (piece.body) {
    case 'any':
      build.source += '.';
      return;
    case 'text':
      build.source += '[\\x20-\\x7e]*';
      return;
    case 'ws':
      build.source += '[\\r\\n\\t ]*';
      return;
    case 'eol':
      build.source += '[\\r\\n]+';
      build.literals += 1;
      return;
    case 'value':
      return capture(NUMBER, { kind: 'value', group });
    case 'code':
      return capture('.', { kind: 'code', group });
    case 'state': {
      const { on, off } = stateWords(piece.format, piece.source);
      return capture(`${regexOf(on)}|${regexOf(off)}`, { kind: 'state', group, channel: values['channel'], on });
    }
    case 'states': {
      const order = statesOrder(piece.format);
      return capture(`.{${statesBytes(order, values)}}`, { kind: 'states', group, order });
    }
    default:
      addLiteral(build, writeNumber(piece.body, piece.format, values));
  }
}

function stateWords(format: string | null, source: string): { on: string; off: string } {
  const [on, off, ...rest] = (format ?? '01/00').split('/').map((word) => word.trim());
  if (off === undefined || rest.length > 0) throw new TemplateError(`${source}: write it as {state:ON/OFF}`);
  return { on: stateWord(on, source), off: stateWord(off, source) };
}

function stateWord(word: string, source: string): string {
  const quoted = /^'(.+)'$/.exec(word);
  if (quoted !== null) return quoted[1];
  if (/^([0-9A-Fa-f]{2})+$/.test(word)) {
    return (word.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join('');
  }
  throw new TemplateError(`${source}: "${word}" is neither hex pairs nor 'text'`);
}

const regexOf = (text: string): string => Array.from(bytesOf(text), escapeByte).join('');

function statesOrder(format: string | null): StatesOrder {
  if (format === null) return 'byte';
  if (format === 'not' || format === 'rev16' || format === 'coils' || format === 'byte') return format;
  throw new TemplateError(`{states:${format}}: byte, not, rev16 or coils`);
}

function statesBytes(order: StatesOrder, values: Values): number {
  const bytes = order === 'rev16' ? 2 : order === 'coils' ? Math.ceil(values['channels'] / 8) : 1;
  if (bytes * 8 < values['channels']) throw new TemplateError(`{states}: ${values['channels']} channels do not fit`);
  return bytes;
}
