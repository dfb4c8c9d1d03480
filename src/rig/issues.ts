/**
 * The problems of a profile: from the schema's issues to messages with place, value, rule and next step, and the
 * interface of the checks across sections.
 */

import { z } from 'zod';
import { showValue, type RigProblem, formatFieldPath, type FieldPath } from './errors.js';
import type { IssueParams } from './schema/fields.js';
import { suggestWord } from './source/nearest.js';
import type { YamlSource } from './source/yamlSource.js';
import type { Profile } from './schema/profile.js';

type Issue = z.core.$ZodIssue;

/** `path`: of `schema` in the profile; the paths of the issues are relative to it. */
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
      problemAt(source, [...at, key], { rule: 'the field does not exist', next: suggestWord(key, known) }, true),
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
        next: value === null ? 'write a value, or delete the field' : 'rigs/schema.json describes the field',
      };
    case 'too_small':
      return { rule: `must have at least ${issue.minimum}`, next: 'add one, or delete the field' };
    case 'too_big':
      return { rule: `must have at most ${issue.maximum}`, next: 'shorten it' };
    case 'invalid_key':
      return { rule: issue.issues[0]?.message ?? 'is not a valid name', next: 'write another name' };
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return { rule: issue.message, next: 'rigs/schema.json describes the field' };
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

/** The schema without its defaults, optionals and transforms. */
function inner(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return inner(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodPipe) return inner(schema.in as z.ZodType);
  return schema;
}

/** A result of a check across sections. */
export interface ProfileProblem {
  kind: 'error' | 'warning';
  path: FieldPath;
  /** The place to report is the field's name: the name is wrong, or there is no value. */
  atKey?: boolean;
  rule: string;
  next: string;
}

/**
 * Compares sections with each other, which a schema cannot. It gets the sections that are valid by themselves and skips
 * what needs a missing one, so one mistake does not hide the next.
 */
export type Check = (profile: Partial<Profile>, report: (finding: ProfileProblem) => void) => void;
