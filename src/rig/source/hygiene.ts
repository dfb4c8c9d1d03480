/**
 * What a profile may not contain, whatever it means: things that make a small file a large tree, that hide from the
 * reader's eye, or that a number can't hold exactly. Checked before any field is looked at.
 */
import { isAlias, isMap, isScalar, visit, type Document, type Node } from 'yaml';

export interface SourceFault {
  /** Offset into the text. */
  offset: number;
  value: string | null;
  rule: string;
  next: string;
}

/** C0 and C1 controls but tab, line feed and carriage return; line and paragraph separators; direction overrides. */
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** In a value even a tab or line break is a mistake: none is free text. */
// eslint-disable-next-line no-control-regex
const UNSEEN_IN_VALUE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

export function faultInText(text: string): SourceFault | null {
  const at = text.search(UNSEEN);
  if (at < 0) return null;
  return {
    offset: at,
    value: `U+${text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0')}`,
    rule: 'control and direction characters are not allowed in a profile',
    next: 'delete it',
  };
}

export function faultsInTree(doc: Document): SourceFault[] {
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
      if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag)) report(node, node.tag, 'tags are not allowed', 'delete it');
      if (isScalar(node)) checkScalar(node.value, (...a) => report(node, ...a));
    },
  });
  if (doc.contents !== null && !isMap(doc.contents)) {
    report(doc.contents, null, 'a profile is a map of fields', "begin with 'schemaVersion: 1'");
  }
  return faults;
}

const PLAIN_TAGS = new Set(['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map((t) => `tag:yaml.org,2002:${t}`));

function checkScalar(value: unknown, report: (value: string, rule: string, next: string) => void): void {
  if (typeof value === 'number' && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)) {
    report(String(value), 'a number must be finite and at most 2^53-1', 'write a smaller one, or put it in quotes if it is a name');
  }
  if (typeof value === 'string' && UNSEEN_IN_VALUE.test(value)) {
    report('(value with control characters)', 'control characters and line breaks are not allowed in a value', 'write it on one line');
  }
}
