/**
 * Finds a board's answer in the bytes received. A template becomes a regular expression over bytes (one character is
 * one byte); its checksums are computed and compared. Captures:
 *
 *     {state}            one relay, bytes 01 and 00; {state:FF/00} other bytes; {state:'ON'/'OFF'} words
 *     {states}           a byte with one bit a relay; {states:rev16} {states:coils} as in numbers.ts
 *     {value}            a number in text; SCPI's infinity and not-a-number are no value
 *     {code}             a byte that says why the board refuses
 *     {any} {text}       any byte; any printable characters
 *     {ws} {eol}         blanks and line ends, or none; a line end
 *
 * Only its length distinguishes an answer of captures alone (one raw byte) from noise: `marked` is false for it. The
 * caller must wait until the line is quiet, and the answer must then be everything that was received.
 *
 * A number, a word or a decimal channel is read as an entire token. It is never part of a longer one, such as `.005` or
 * `12.5` after lost bytes. Fixed bytes of the template and line ends may be next to a token; bytes that the template
 * leaves open may not.
 */

import {
  checksum,
  checksumBytes,
  type ChecksumName,
  isChecksum,
  eachChannel,
  renderPieces,
  reverse16,
  type Values,
  writeNumber,
} from './frame.js';
import { type Piece, parseTemplate, TemplateError } from './template.js';

export interface Captures {
  /** The relay states in the answer, by channel. */
  states: Map<number, boolean>;
  value?: number;
  code?: number;
}

export interface ReplyPattern {
  template: string;
  /** False: the bytes may be noise or incomplete, so `find` must wait until the line is quiet. */
  marked: boolean;
  /**
   * Captures of the first complete valid answer in `text` (latin1), or null. Without a fixed byte it must be all of
   * `text`.
   */
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
  /** The bytes before are not fixed: a token must not continue one of them. */
  loose: boolean;
  /** More bytes of the last token may still arrive. */
  openEnd: boolean;
}

/** Compiles the template of an answer. Throws `TemplateError`. */
export function compileReply(template: string, values: Values): ReplyPattern {
  const build: Build = { source: '', literals: 0, marks: [], loose: true, openEnd: false };
  const parts = partsOf(parseTemplate(template), values);
  parts.forEach((part, i) => addPart(build, part, followerOf(parts, i)));
  const hasFixedByte = build.literals > 0;
  const pattern = new RegExp(hasFixedByte ? build.source : `^${build.source}$`, 'dgs');
  return { template, marked: hasFixedByte && !build.openEnd, find: (text) => find(pattern, build.marks, text, values) };
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
    if (marks.every((mark) => mark.kind !== 'check' || checkHolds(mark, match, text)))
      return read(marks, match, values);
    // The answer may begin inside bytes that only looked like one.
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
    else if (mark.kind === 'value') readValue(captures, Number(text));
    else if (mark.kind === 'code') captures.code = text.charCodeAt(0);
  }
  return captures;
}

/** SCPI-99, volume 1, 7.2.1.4 and 5: infinity is 9.9E37, not-a-number is 9.91E37. */
const SCPI_INFINITY = 9.9e37;

function readValue(captures: Captures, value: number): void {
  if (Math.abs(value) < SCPI_INFINITY) captures.value = value;
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

/** A piece with the values that apply to it. */
interface Part {
  piece: Exclude<Piece, { kind: 'perChannel' }>;
  values: Values;
}

/** The pieces in order; those in ( ) are repeated for each channel. */
function partsOf(pieces: readonly Piece[], values: Values): Part[] {
  return pieces.flatMap((piece) =>
    piece.kind === 'perChannel'
      ? eachChannel(values).flatMap((inner) => partsOf(piece.pieces, inner))
      : [{ piece, values }],
  );
}

/** What follows a token: fixed bytes, which end it; open bytes, which could continue it; or the end of the template. */
type Follower = 'fixed' | 'open' | 'end';

const OPEN_FIELDS = ['any', 'text', 'value', 'code', 'states'];

function followerOf(parts: readonly Part[], at: number): Follower {
  // {ws} may match no byte.
  const next = parts.slice(at + 1).find(({ piece }) => piece.kind !== 'field' || piece.body !== 'ws');
  if (next === undefined) return 'end';
  const { piece } = next;
  return piece.kind === 'field' && OPEN_FIELDS.includes(piece.body) ? 'open' : 'fixed';
}

/** A printable byte, not a blank. */
const TOKEN = '[\\x21-\\x7e]';
const NUMBER = '[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?';
const NUMBER_END: Record<Follower, string> = { fixed: '', open: '(?![0-9.,+-]|[eE][+-]?[0-9])', end: `(?!${TOKEN})` };
const WORD_END: Record<Follower, string> = { fixed: '', open: '(?![0-9A-Za-z])', end: `(?!${TOKEN})` };
const DIGITS_END: Record<Follower, string> = { fixed: '', open: '(?![0-9])', end: '(?![0-9])' };

function addLiteral(build: Build, bytes: readonly number[]): void {
  build.source += bytes.map(escapeByte).join('');
  build.literals += bytes.length;
  build.loose = false;
}

function addCapture(build: Build, source: string, mark: (group: string) => Mark): void {
  const group = `g${build.marks.length}`;
  build.source += `(?<${group}>${source})`;
  build.marks.push(mark(group));
}

function addPart(build: Build, { piece, values }: Part, follower: Follower): void {
  if (piece.kind !== 'field') return addLiteral(build, renderPieces([piece], values));
  const { body } = piece;
  if (isChecksum(body)) {
    build.literals += 1;
    return addCapture(build, `.{${checksumBytes[body]}}`, (group) => ({ kind: 'check', group, check: body }));
  }
  switch (body) {
    case 'any':
      build.source += '.';
      return;
    case 'text':
      build.source += '[\\x20-\\x7e]*';
      build.loose = true;
      return;
    case 'ws':
      build.source += '[\\r\\n\\t ]*';
      return;
    case 'eol':
      return addLineEnd(build);
    case 'value':
      return addToken(build, NUMBER, NUMBER_END, follower, true, (group) => ({ kind: 'value', group }));
    case 'code':
      return addCapture(build, '.', (group) => ({ kind: 'code', group }));
    case 'state':
      return addState(build, piece, values, follower);
    case 'states': {
      const order = statesOrder(piece.format);
      return addCapture(build, `.{${statesBytes(order, values)}}`, (group) => ({ kind: 'states', group, order }));
    }
    default:
      addNumber(build, piece, values, follower);
  }
}

function addLineEnd(build: Build): void {
  build.source += '[\\r\\n]+';
  build.literals += 1;
  build.loose = false;
}

/** `mayGrow`: with more bytes it would be another valid token. */
function addToken(
  build: Build,
  source: string,
  ends: Record<Follower, string>,
  follower: Follower,
  mayGrow: boolean,
  mark: (group: string) => Mark,
): void {
  if (build.loose) build.source += `(?<!${TOKEN})`;
  addCapture(build, source, mark);
  build.source += ends[follower];
  build.loose = false;
  if (follower === 'end' && mayGrow) build.openEnd = true;
}

function addState(build: Build, piece: Piece & { kind: 'field' }, values: Values, follower: Follower): void {
  const { on, off, isText } = stateWords(piece.format, piece.source);
  const source = `${regexOf(on)}|${regexOf(off)}`;
  const mark = (group: string): Mark => ({ kind: 'state', group, channel: values['channel'], on });
  if (!isText) return addCapture(build, source, mark);
  addToken(build, source, WORD_END, follower, on.startsWith(off) || off.startsWith(on), mark);
}

/** A number that the answer must contain. Only the format `dec` has no fixed width: 1 must not match in 11. */
function addNumber(build: Build, piece: Piece & { kind: 'field' }, values: Values, follower: Follower): void {
  const bytes = writeNumber(piece.body, piece.format, values);
  if (piece.format !== 'dec') return addLiteral(build, bytes);
  if (build.loose) build.source += '(?<![0-9])';
  addLiteral(build, bytes);
  build.source += DIGITS_END[follower];
}

function stateWords(format: string | null, source: string): { on: string; off: string; isText: boolean } {
  const [on, off, ...rest] = (format ?? '01/00').split('/').map((word) => word.trim());
  if (off === undefined || rest.length > 0)
    throw new TemplateError(`${source} needs one word for on and one for off; write it like {state:'ON'/'OFF'}`);
  return { on: stateWord(on, source), off: stateWord(off, source), isText: on.startsWith("'") && off.startsWith("'") };
}

function stateWord(word: string, source: string): string {
  const quoted = /^'(.+)'$/.exec(word);
  if (quoted !== null) return quoted[1];
  if (/^([0-9A-Fa-f]{2})+$/.test(word)) {
    return (word.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join('');
  }
  throw new TemplateError(`${source}: "${word}" is neither hex pairs nor text; put text in '…'`);
}

const regexOf = (text: string): string => Array.from(bytesOf(text), escapeByte).join('');

function statesOrder(format: string | null): StatesOrder {
  if (format === null) return 'byte';
  if (format === 'not' || format === 'rev16' || format === 'coils' || format === 'byte') return format;
  throw new TemplateError(`{states:${format}}: format "${format}" does not exist; known: byte, not, rev16, coils`);
}

function statesBytes(order: StatesOrder, values: Values): number {
  const bytes = order === 'rev16' ? 2 : order === 'coils' ? Math.ceil(values['channels'] / 8) : 1;
  if (bytes * 8 < values['channels'])
    throw new TemplateError(
      `{states:${order}}: ${values['channels']} channels do not fit; it holds ${bytes * 8}: use {states:coils}`,
    );
  return bytes;
}
