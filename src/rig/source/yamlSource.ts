/**
 * A profile's text as a tree of plain values in which every field can be found again by line and column.
 * Promises: no aliases, no duplicate keys, no tags, no characters that can't be seen, no numbers beyond 2^53, one document.
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
  /** Place of the value at `path`, or of its nearest parent that exists; of its key when `atKey`. */
  locate(path: FieldPath, atKey?: boolean): Place;
}

/** @throws RigError RIG_SYNTAX */
export function readYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const unseen = faultsInText(text);
  // What can't be seen is often why the rest can't be read.
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
        next: NEXT_STEP[e.code] ?? 'mend the YAML here',
      }));
    if (docs.length > 1) {
      faults.push({
        offset: docs[1].range[0],
        value: null,
        rule: 'one YAML document a file',
        next: 'delete the others',
      });
    }
    if (faults.length > 0) throw fail(faults);
    return docs[0] as unknown as Document;
  } catch (e) {
    // Brackets nested tens of thousands deep end the parser's stack, not the program.
    if (e instanceof RangeError)
      throw fail([{ offset: 0, value: null, rule: 'nested too deep', next: 'profiles nest five levels or so' }]);
    throw e;
  }
}

const emptyFile: SourceFault = {
  offset: 0,
  value: null,
  rule: 'the file is empty',
  next: 'start from a profile in rigs/',
};

const NEXT_STEP: Record<string, string | undefined> = {
  DUPLICATE_KEY: 'keep one of them',
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'align it with its neighbours',
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
