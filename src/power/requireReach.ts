/**
 * What opening a board needs, as far as it shows without touching the board: its tty, or the programs of its commands. So
 * `plan`, `doctor` and `run` refuse a board that can't be reached before anything is opened.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { BoardRef } from './spec.js';
import { execOptionsSchema } from './boards/execBoard.js';
import { PowerError } from './errors.js';
import { requireTty } from './transport/ttyProblems.js';

/** A virtual board is reached once its lab runs. @throws PowerError TTY_MISSING, TTY_PERMISSION, COMMAND_FAILED */
export function requireReach({ name, type, tty, options }: BoardRef): void {
  if (type === 'exec') requirePrograms(name, options);
  else if (!tty.startsWith('lab:')) requireTty(tty);
}

function requirePrograms(board: string, options: Record<string, unknown>): void {
  const { on, off, state } = execOptionsSchema.parse(options);
  for (const [field, command] of Object.entries({ on, off, state })) {
    const program = command?.[0];
    if (program === undefined || program.includes('{channel}') || isProgram(program)) continue;
    const message = `${board}: ${program} is not there, or this user may not execute it: install it, or edit boards.${board}.options.${field}`;
    throw new PowerError('COMMAND_FAILED', message, { board });
  }
}

/** As execvp(3) finds it. */
function isProgram(program: string): boolean {
  const folders = program.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
