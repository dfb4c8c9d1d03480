/**
 * Boards are of a type that exists and are made as such boards are; what the profile describes itself is a description.
 */
import type { z } from 'zod';
import { execOptionsSchema } from '../../power/boards/execBoard.js';
import { resolveBoard } from '../../power/boards/resolveBoard.js';
import { boardTypeSchema } from '../../power/boardType.js';
import { catalogue, builtInTypes } from '../../power/catalogue/index.js';
import { isPowerError } from '../../power/errors.js';
import type { BoardRef } from '../../power/spec.js';
import { suggestWord } from '../source/nearest.js';
import type { FieldPath } from '../errors.js';
import type { Check, Finding } from '../issues.js';

type Issue = z.core.$ZodIssue;

export const checkBoardTypes: Check = (profile, report) => {
  for (const [name, description] of Object.entries(profile.boardTypes ?? {})) {
    const result = boardTypeSchema.safeParse(description);
    if (result.success) continue;
    for (const finding of findings(['boardTypes', name], result.error.issues))
      report({ ...finding, path: asWritten(finding.path, profile) });
  }
};

/** Where one value may stand for a list of one, it has no index. */
function asWritten(path: FieldPath, profile: object): FieldPath {
  let value: unknown = profile;
  return path.filter((part) => {
    if (typeof part === 'number' && !Array.isArray(value)) return false;
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined;
    return true;
  });
}

export const checkTypesUsed: Check = (profile, report) => {
  if (profile.boardTypes === undefined) return;
  const own = profile.boardTypes;
  const known = [...catalogue.keys(), ...builtInTypes, ...Object.keys(own)];
  for (const [name, board] of Object.entries(profile.boards ?? {})) {
    if (!known.includes(board.type)) {
      report({
        kind: 'error',
        path: ['boards', name, 'type'],
        rule: 'there is no such board',
        next: suggestWord(board.type, known),
      });
      continue;
    }
    const made = channelsOf(board.type, own);
    if (made !== null && (board.channels < made.min || board.channels > made.max)) {
      report({
        kind: 'error',
        path: ['boards', name, 'channels'],
        rule: `a ${board.type} has ${made.min} to ${made.max}`,
        next: 'count the relays on the board',
      });
      continue;
    }
    if (board.type === 'exec') {
      const result = execOptionsSchema.safeParse(board.options);
      if (!result.success) findings(['boards', name, 'options'], result.error.issues).forEach(report);
      continue;
    }
    const problem = optionsProblem({ name, tty: '', ...board }, own);
    if (problem !== null)
      report({ kind: 'error', path: ['boards', name, 'options'], rule: problem, next: 'see `plugpull relay boards`' });
  }
};

/** What the board's own folder has against its options; null: nothing, or the type itself is at fault and that is said. */
function optionsProblem(board: BoardRef, own: Record<string, unknown>): string | null {
  try {
    resolveBoard(board, own);
    return null;
  } catch (error) {
    if (!isPowerError(error)) throw error;
    if (error.code !== 'BAD_SPEC' || channelsOf(board.type, own) === null) return null;
    return error.message.replace(/\s*\n\s*/g, ' ').replace(/^board "[^"]*" \([^)]*\): /, '');
  }
}

/** There is such a board; where not, `checkTypesUsed` has said it. */
export function isBuildable(type: string, channels: number, own: Record<string, unknown>): boolean {
  const made = channelsOf(type, own);
  if (made === null) return type === 'exec' || Object.hasOwn(own, type);
  return channels >= made.min && channels <= made.max;
}

/** null: as many as you like, or a description that is wrong already. */
function channelsOf(type: string, own: Record<string, unknown>): { min: number; max: number } | null {
  // One line of a tty switches one relay.
  if (type === 'dtr' || type === 'rts') return { min: 1, max: 1 };
  if (!Object.hasOwn(own, type)) return catalogue.get(type)?.channels ?? null;
  const result = boardTypeSchema.safeParse(own[type]);
  return result.success ? result.data.channels : null;
}

function findings(at: FieldPath, issues: readonly Issue[]): Finding[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...(issue.path as FieldPath)];
    const nearer = issue.code === 'invalid_union' ? likeliest(issue.errors) : null;
    if (nearer !== null) return findings(path, nearer);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key): Finding => ({
        kind: 'error',
        path: [...path, key],
        atKey: true,
        rule: 'there is no such field',
        next: 'delete it or correct its name',
      }));
    }
    return [
      {
        kind: 'error',
        path,
        rule: issue.message,
        next: '`plugpull relay boards --show TYPE` prints a description that works',
      } satisfies Finding,
    ];
  });
}

/** Of the shapes a value may have, the one it was meant to have: that which is wrong only further inside. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  return branches.find((issues) => issues.length > 0 && issues.every((i) => i.path.length > 0)) ?? null;
}
