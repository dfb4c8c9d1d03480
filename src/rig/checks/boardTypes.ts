/** Checks board types: every board has a known type, channels and options that fit it, and `boardTypes` are valid. */
import type { z } from 'zod';
import { execOptionsSchema } from '../../power/boards/execBoard.js';
import { resolveBoard } from '../../power/boards/resolveBoard.js';
import { boardTypeSchema } from '../../power/boardType.js';
import { catalogue, builtInTypes } from '../../power/catalogue/index.js';
import { isPowerError } from '../../power/errors.js';
import type { BoardRef } from '../../power/spec.js';
import { suggestWord } from '../source/nearest.js';
import type { FieldPath } from '../errors.js';
import type { Check, ProfileProblem } from '../issues.js';

type Issue = z.core.$ZodIssue;

export const checkBoardTypes: Check = (profile, report) => {
  for (const [name, description] of Object.entries(profile.boardTypes ?? {})) {
    const result = boardTypeSchema.safeParse(description);
    if (result.success) continue;
    for (const finding of findings(['boardTypes', name], result.error.issues))
      report({ ...finding, path: asWritten(finding.path, profile) });
  }
};

/** The path as in the file: a single value in place of a list has no index there. */
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
        rule: `board type "${board.type}" does not exist`,
        next: suggestWord(board.type, known),
      });
      continue;
    }
    const made = channelsOf(board.type, own);
    if (made !== null && (board.channels < made.min || board.channels > made.max)) {
      report({
        kind: 'error',
        path: ['boards', name, 'channels'],
        rule: `a board of type ${board.type} has ${made.min} to ${made.max} channels`,
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
      report({
        kind: 'error',
        path: ['boards', name, 'options'],
        rule: problem,
        next: '`plugpull relay boards` lists the options of each type',
      });
  }
};

/**
 * What is wrong with the board's options, as the power room sees it; null: nothing, or the type is already reported.
 */
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

/** Whether such a board exists; if not, `checkTypesUsed` reports it. */
export function isBuildable(type: string, channels: number, own: Record<string, unknown>): boolean {
  const made = channelsOf(type, own);
  if (made === null) return type === 'exec' || Object.hasOwn(own, type);
  return channels >= made.min && channels <= made.max;
}

/** The channels that boards of a type have; null: any number, or the type is unknown or invalid. */
function channelsOf(type: string, own: Record<string, unknown>): { min: number; max: number } | null {
  // One control line switches one relay.
  if (type === 'dtr' || type === 'rts') return { min: 1, max: 1 };
  if (!Object.hasOwn(own, type)) return catalogue.get(type)?.channels ?? null;
  const result = boardTypeSchema.safeParse(own[type]);
  return result.success ? result.data.channels : null;
}

function findings(at: FieldPath, issues: readonly Issue[]): ProfileProblem[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...(issue.path as FieldPath)];
    const nearer = issue.code === 'invalid_union' ? likeliest(issue.errors) : null;
    if (nearer !== null) return findings(path, nearer);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key): ProfileProblem => ({
        kind: 'error',
        path: [...path, key],
        atKey: true,
        rule: 'the field does not exist',
        next: 'correct its name, or delete it',
      }));
    }
    return [
      {
        kind: 'error',
        path,
        rule: issue.message,
        next: '`plugpull relay boards --show TYPE` prints a description that works',
      } satisfies ProfileProblem,
    ];
  });
}

/** Of the alternatives of a union, the one that is probably meant: its mistakes are deeper inside the value. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  return branches.find((issues) => issues.length > 0 && issues.every((i) => i.path.length > 0)) ?? null;
}
