/**
 * Checks of the file before any field is parsed. A profile may not contain aliases (a small file could become a large
 * tree), invisible characters, or numbers that a double cannot hold exactly.
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

/** At most this many invisible characters are reported: a file may have one in place of every space. */
const REPORTED_MAX = 10;

/** Invisible characters. In comments it reports only those that can deceive the reader. */
export function faultsInText(text: string): SourceFault[] {
  const found = invisibleInText(text);
  // A byte order mark is allowed at the start of the file.
  if (found[0]?.at === 0 && found[0].character === '\ufeff') found.shift();
  if (found.length === 0) return [];
  const comments = commentsIn(text);
  // Both lists are in the order of the file. One pass: a quadratic search would be slow on a hostile file.
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
        : 'invisible characters are not allowed in a profile',
      next: /\p{Zs}/u.test(character) ? 'write a plain space, or delete it' : 'delete it',
    }));
}

/** The comments, found by the YAML lexer: a # within quotes begins none. */
function commentsIn(text: string): { start: number; end: number }[] {
  const comments: { start: number; end: number }[] = [];
  let at = 0;
  let isContent = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type: CST.TokenType | null = isContent ? null : CST.tokenType(lexeme);
    // The lexer's own marks are not characters of the file.
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
      'write a smaller one; if it is a name, put it in quotes',
    );
  }
  const [first] = typeof value === 'string' ? invisibleInValue(value) : [];
  // Characters that the file itself contains are already reported with their place.
  if (first === undefined || invisibleInText(source).length > 0) return;
  const where = `${first.name}, character ${first.at + 1} of the value`;
  if (/\p{Cc}/u.test(first.character))
    report(
      where,
      'control characters and line breaks are not allowed in a value',
      'write it on one line, without them',
    );
  else report(where, 'invisible characters are not allowed in a value', 'delete it');
}
