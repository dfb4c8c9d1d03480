/**
 * Parses the text of a profile into a tree of plain values that keeps the line and column of every field. The text has
 * one document without aliases, duplicate keys, tags, invisible characters or numbers beyond 2^53; else the parse
 * fails.
 */
import { isMap, isNode, isScalar, LineCounter, parseAllDocuments, type Document, type Node, type YAMLMap } from 'yaml';
import { RigError, type RigProblem, type FieldPath } from '../errors.js';
import { faultsInText, faultsInTree, type SourceFault } from './hygiene.js';

export interface Place {
  line: number;
  column: number;
}

export interface YamlSource {
  file: string;
  /** Plain objects, arrays, strings, numbers, booleans, null. */
  value: Record<string, unknown>;
  /** The place of the value at `path`, or of its nearest parent that exists; with `atKey`, of its key. */
  locate(path: FieldPath, atKey?: boolean): Place;
}

/** Throws RigError RIG_SYNTAX. */
export function readYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const unseen = faultsInText(text);
  // Invisible characters come first: they are often the cause of the other faults.
  const fail = (faults: SourceFault[]): RigError =>
    new RigError(
      'RIG_SYNTAX',
      [...unseen, ...faults].map((f) => problemAt(file, lines, f)),
    );

  const doc = parseOne(text, lines, fail);
  const faults = faultsInTree(doc, text);
  if (unseen.length > 0 || faults.length > 0) throw fail(faults);
  return {
    file,
    value: (doc.toJS({ maxAliasCount: 0 }) ?? {}) as Record<string, unknown>,
    locate: (path, atKey = false) => placeOf(lines, offsetOf(doc, path, atKey)),
  };
}

function parseOne(text: string, lines: LineCounter, fail: (f: SourceFault[]) => RigError): Document {
  try {
    const docs = parseAllDocuments(text, {
      lineCounter: lines,
      uniqueKeys: true,
      version: '1.2',
      merge: false,
      prettyErrors: false,
    });
    if (!Array.isArray(docs) || docs.length === 0) throw fail([emptyFile]);
    const faults = docs
      .flatMap((d) => [...d.errors, ...d.warnings])
      .map((e): SourceFault => ({
        offset: e.pos[0],
        value: null,
        rule: e.message,
        next: NEXT_STEP[e.code] ?? 'correct the YAML here',
      }));
    if (docs.length > 1) {
      faults.push({
        offset: docs[1].range[0],
        value: null,
        rule: `the file has ${docs.length} YAML documents; it must have one`,
        next: 'delete the others',
      });
    }
    if (faults.length > 0) throw fail(faults);
    return docs[0] as unknown as Document;
  } catch (e) {
    // Brackets nested tens of thousands deep overflow the parser's stack.
    if (e instanceof RangeError)
      throw fail([
        { offset: 0, value: null, rule: 'is nested too deep', next: 'remove levels: a profile has about five' },
      ]);
    throw e;
  }
}

const emptyFile: SourceFault = {
  offset: 0,
  value: null,
  rule: 'the file is empty',
  next: 'copy a profile from rigs/',
};

const NEXT_STEP: Record<string, string | undefined> = {
  DUPLICATE_KEY: 'keep one of them',
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'align it with the lines around it',
};

function problemAt(file: string, lines: LineCounter, f: SourceFault): RigProblem {
  return { file, ...placeOf(lines, f.offset), field: '', value: f.value, rule: f.rule, next: f.next };
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function offsetOf(doc: Document, path: FieldPath, atKey: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const here = path.slice(0, length);
    const key =
      keyNode(doc.getIn(here.slice(0, -1), true), here[length - 1]) ??
      (length === 1 ? keyNode(doc.contents, here[0]) : null);
    const value = doc.getIn(here, true);
    const wanted = atKey && length === path.length ? (key ?? value) : isNode(value) && value.range ? value : key;
    if (isNode(wanted) && wanted.range) return wanted.range[0];
  }
  return doc.contents?.range?.[0] ?? 0;
}

function keyNode(parent: unknown, key: string | number): Node | null {
  if (!isMap(parent)) return null;
  const pair = (parent as YAMLMap).items.find((p) => isScalar(p.key) && String(p.key.value) === String(key));
  return (pair?.key as Node | undefined) ?? null;
}
