/**
 * From the schema's issues to problems that a person can act on.
 */

import { z } from 'zod';
import { showValue, type RigProblem, formatFieldPath, type FieldPath } from './errors.js';
import type { IssueParams } from './schema/fields.js';
import { suggestWord } from './source/nearest.js';
import type { YamlSource } from './source/yamlSource.js';
import type { Profile } from './schema/profile.js';

type Issue = z.core.$ZodIssue;

/** `path` is where `schema` sits in the profile; issues of the schema are relative to it. */
export function problemsOfIssues(
  source: YamlSource,
  schema: z.ZodType,
  path: FieldPath,
  issues: Issue[],
): RigProblem[] {
  return issues.flatMap((issue) => {
    const at = [...path, ...(issue.path as FieldPath)];
    if (issue.code !== 'unrecognized_keys')
      return [problemAt(source, at, ruleOf(issue, valueAt(source, at)), issue.code === 'invalid_key')];
    const known = knownKeys(schema, issue.path as FieldPath);
    return issue.keys.map((key) =>
      problemAt(source, [...at, key], { rule: 'there is no such field', next: suggestWord(key, known) }, true),
    );
  });
}

export function problemAt(source: YamlSource, path: FieldPath, text: IssueParams, atKey = false): RigProblem {
  return {
    file: source.file,
    ...source.locate(path, atKey),
    field: formatFieldPath(path),
    value: atKey ? null : showValue(valueAt(source, path)),
    rule: text.rule,
    next: text.next,
  };
}

function valueAt(source: YamlSource, path: FieldPath): unknown {
  let value: unknown = source.value;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

function ruleOf(issue: Issue, value: unknown): IssueParams {
  const params = issue.code === 'custom' ? (issue.params as IssueParams | undefined) : undefined;
  if (value === undefined && issue.code !== 'custom') return { rule: 'is required', next: 'add it' };
  if (params !== undefined)
    return value === undefined ? { rule: `is required: ${params.rule}`, next: 'add it' } : params;
  switch (issue.code) {
    case 'invalid_value': {
      const words = issue.values.map(String);
      const next =
        typeof value === 'string'
          ? suggestWord(value, words)
          : words.length > 1
            ? 'write one of these'
            : `write ${words[0]}`;
      return { rule: `must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}`, next };
    }
    case 'invalid_type':
      return {
        rule: `must be ${TYPE_WORDS[issue.expected] ?? issue.expected}`,
        next: value === null ? 'fill it in or delete the field' : 'see rigs/schema.json',
      };
    case 'too_small':
      return { rule: `must have at least ${issue.minimum}`, next: 'add one or delete the field' };
    case 'too_big':
      return { rule: `must have at most ${issue.maximum}`, next: 'shorten it' };
    case 'invalid_key':
      return { rule: issue.issues[0]?.message ?? 'is not a valid name', next: 'choose another name' };
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return { rule: issue.message, next: 'see rigs/schema.json' };
  }
}

const TYPE_WORDS: Record<string, string | undefined> = {
  object: 'a map of fields',
  record: 'a map of names',
  array: 'a list in [ ]',
  string: 'a word',
  boolean: 'true or false',
};

/** Field names that the schema allows at `path`. */
function knownKeys(schema: z.ZodType, path: FieldPath): string[] {
  let here: z.ZodType | null = inner(schema);
  for (const part of path) here = here === null ? null : child(here, part);
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

function child(schema: z.ZodType, part: string | number): z.ZodType | null {
  let next: unknown = null;
  if (schema instanceof z.ZodObject) next = (schema.shape as Record<string, unknown>)[part];
  else if (schema instanceof z.ZodArray) next = schema.element;
  else if (schema instanceof z.ZodRecord) next = schema.valueType;
  return next instanceof z.ZodType ? inner(next) : null;
}

/** Past defaults, optionals and what is made of the value. */
function inner(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return inner(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodPipe) return inner(schema.in as z.ZodType);
  return schema;
}

/** (MERGED)
 * A check looks across sections, where a schema can't. It is given the sections that are valid by themselves and skips
 * what it would need of the others, so that one mistake does not hide the next.
 */

export interface Finding {
  kind: 'error' | 'warning';
  path: FieldPath;
  /** The field's name is at fault (or has no value): point at it. */
  atKey?: boolean;
  rule: string;
  next: string;
}

export type Check = (profile: Partial<Profile>, report: (finding: Finding) => void) => void;
