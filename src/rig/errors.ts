/**
 * The error of an invalid rig profile. It reports all problems of the file, each with its place and the next step.
 */

import { PlugpullError } from '../base/plugpullError.js';
import { withoutInvisible } from './source/invisible.js';

export interface RigProblem {
  file: string;
  /** 1-based; 0 if the problem is the file itself. */
  line: number;
  column: number;
  /** For example `campaign.cuts[1].rails[0]`; empty for the file itself. */
  field: string;
  /** The value found, shortened; null if there is none. */
  value: string | null;
  /** What is wrong with the value, or what is allowed. */
  rule: string;
  /** The next step. */
  next: string;
}

export type RigErrorCode =
  /** Missing, unreadable, too large, not a regular file. */
  | 'RIG_FILE'
  /** Not valid YAML, or YAML that profiles may not contain. */
  | 'RIG_SYNTAX'
  /** YAML, but not a valid profile. */
  | 'RIG_INVALID';

export class RigError extends PlugpullError<RigErrorCode> {
  /** Sorted by position. Never empty. */
  readonly problems: readonly RigProblem[];

  constructor(code: RigErrorCode, problems: RigProblem[]) {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    super(code, sorted.map(formatProblem).join('\n'));
    this.problems = sorted;
  }
}

/** `rig.yaml:12:3: regionSize: 65MiB: must be a power of two …; write 64MiB` */
function formatProblem(p: RigProblem): string {
  const place = p.line > 0 ? `${p.file}:${p.line}:${p.column}` : p.file;
  return [place, p.field, p.value, p.next === '' ? p.rule : `${p.rule}; ${p.next}`]
    .filter((part) => part !== null && part !== '')
    .join(': ');
}

/** Longest value shown in a message; the message also has its place in the file. */
const SHOWN_CHARS_MAX = 60;

export function showValue(value: unknown): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  // Control characters in a profile could control the reader's terminal.
  const clean = withoutInvisible(text);
  return clean.length > SHOWN_CHARS_MAX ? `${clean.slice(0, SHOWN_CHARS_MAX)}…` : clean === '' ? '""' : clean;
}

/** The path of a value in a profile. */
export type FieldPath = readonly (string | number)[];

/** `['campaign', 'cuts', 1, 'rails']` → `campaign.cuts[1].rails` */
export function formatFieldPath(path: FieldPath): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');
}
