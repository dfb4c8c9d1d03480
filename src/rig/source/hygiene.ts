/**
 * What a profile may not contain, whatever it means: things that make a small file a large tree, that hide from the
 * reader's eye, or that a number can't hold exactly. Checked before any field is looked at.
 */
import { CST, isAlias, isMap, isScalar, Lexer, visit, type Document, type Node } from 'yaml';
import { invisibleInText, invisibleInValue, isDeceptive } from './invisible.js';

export interface SourceFault {
  /** Offset into the text. */
  offset: number;
  value: string | null;
  rule: string;
  next: string;
}

/** A file in which each space is a wrong one is told of the first few. */
const REPORTED_MAX = 10;

/** Characters that can't be seen; in a comment only those that do harm there. */
export function faultsInText(text: string): SourceFault[] {
  const found = invisibleInText(text);
  // A byte order mark is a mark where the file begins.
  if (found[0]?.at === 0 && found[0].character === '\ufeff') found.shift();
  if (found.length === 0) return [];
  const comments = commentsIn(text);
  // Both are in the order of the file, and the file is not trusted: one pass.
  let next = 0;
  const isInComment = (at: number): boolean => {
    while (next < comments.length && comments[next].end <= at) next += 1;
    return next < comments.length && comments[next].start <= at;
  };
  return found
    .filter(({ at, character }) => !isInComment(at) || isDeceptive(character))
    .slice(0, REPORTED_MAX)
    .map(({ at, character, name }) => ({
      offset: at,
      value: name,
      rule: isDeceptive(character)
        ? 'control and direction characters are not allowed in a profile'
        : 'characters that cannot be seen are not allowed in a profile',
      next: /\p{Zs}/u.test(character) ? 'write a plain space, or delete it' : 'delete it',
    }));
}

/** Where the comments stand, as YAML's own lexer sees them: a # within quotes begins none. */
function commentsIn(text: string): { start: number; end: number }[] {
  const comments: { start: number; end: number }[] = [];
  let at = 0;
  let isContent = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type: CST.TokenType | null = isContent ? null : CST.tokenType(lexeme);
    // The lexer's own marks stand in no file.
    isContent = type === 'scalar';
    if (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end') continue;
    if (type === 'comment') comments.push({ start: at, end: at + lexeme.length });
    at += lexeme.length;
  }
  return comments;
}

export function faultsInTree(doc: Document, text: string): SourceFault[] {
  const faults: SourceFault[] = [];
  const report = (node: unknown, value: string | null, rule: string, next: string): void => {
    faults.push({ offset: (node as Node).range?.[0] ?? 0, value, rule, next });
  };
  visit(doc, {
    Alias: (_key, node) => report(node, `*${node.source}`, 'aliases are not allowed', 'write the value out'),
    Pair: (_key, pair) => {
      if (!isScalar(pair.key) || (typeof pair.key.value !== 'string' && typeof pair.key.value !== 'number')) {
        report(pair.key ?? doc.contents, null, 'a key must be a plain word', 'write key: value');
      } else if (pair.key.value === '__proto__' || pair.key.value === '<<') {
        report(pair.key, String(pair.key.value), 'this key is not allowed', 'delete it');
      }
    },
    Node: (_key, node) => {
      if (isAlias(node)) return;
      if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag))
        report(node, node.tag, 'tags are not allowed', 'delete it');
      if (isScalar(node)) checkScalar(node.value, sourceOf(node, text), (...a) => report(node, ...a));
    },
  });
  if (doc.contents !== null && !isMap(doc.contents)) {
    report(doc.contents, null, 'a profile is a map of fields', "begin with 'schemaVersion: 1'");
  }
  return faults;
}

const PLAIN_TAGS = new Set(['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map((t) => `tag:yaml.org,2002:${t}`));

function sourceOf({ range }: Node, text: string): string {
  return range ? text.slice(range[0], range[1]) : '';
}

function checkScalar(
  value: unknown,
  source: string,
  report: (value: string, rule: string, next: string) => void,
): void {
  if (typeof value === 'number' && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)) {
    report(
      String(value),
      'a number must be finite and at most 2^53-1',
      'write a smaller one, or put it in quotes if it is a name',
    );
  }
  const [first] = typeof value === 'string' ? invisibleInValue(value) : [];
  // Those that stand in the file itself have been told with their own place.
  if (first === undefined || invisibleInText(source).length > 0) return;
  const where = `${first.name}, character ${first.at + 1} of the value`;
  if (/\p{Cc}/u.test(first.character))
    report(
      where,
      'control characters and line breaks are not allowed in a value',
      'write it on one line, without them',
    );
  else report(where, 'characters that cannot be seen are not allowed in a value', 'delete it');
}
