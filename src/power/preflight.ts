/**
 * Checks that the boards of a profile can be opened on this host, without opening one: is the tty there, are the
 * programs of an `exec` board there, is the tty's name stable? `plan`, `doctor` and `run` call these checks first.
 */

import * as fs from 'node:fs';
import { delimiter, join } from 'node:path';
import type { BoardRef } from './spec.js';
import { execOptionsSchema } from './boards/execBoard.js';
import { PowerError } from './errors.js';
import { requireTty } from './transport/ttyProblems.js';
import { listTtys, type TtyListing } from './listTtys.js';

/**
 * Throws TTY_MISSING, TTY_PERMISSION or COMMAND_FAILED. A virtual board is not checked: its tty exists when its lab
 * runs.
 */
export function requireReach({ name, type, tty, options }: BoardRef): void {
  if (type === 'exec') requirePrograms(name, options);
  else if (!tty.startsWith('lab:')) requireTty(tty);
}

function requirePrograms(board: string, options: Record<string, unknown>): void {
  const { on, off, state } = execOptionsSchema.parse(options);
  for (const [field, command] of Object.entries({ on, off, state })) {
    const program = command?.[0];
    if (program === undefined || program.includes('{channel}') || isProgram(program)) continue;
    const message = `${board}: ${program} does not exist, or this user may not execute it; install it, or edit boards.${board}.options.${field}`;
    throw new PowerError('COMMAND_FAILED', message, { board });
  }
}

/** Searches PATH as execvp(3) does. */
function isProgram(program: string): boolean {
  const folders = program.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      fs.accessSync(join(folder, program), fs.constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A tty of the profile whose name may lead to another adapter after a reset. */
export interface TtyDoubt {
  board: string;
  found: string;
  mend: string;
}

/** Never rejects: on a host whose ttys cannot be listed it finds nothing. */
export async function ttyDoubts(
  boards: readonly Pick<BoardRef, 'name' | 'tty'>[],
  list: () => Promise<TtyListing[]> = listTtys,
): Promise<TtyDoubt[]> {
  const onHost = boards.filter(({ tty }) => tty.startsWith('/'));
  const ttys = onHost.length === 0 ? [] : await list().catch(() => []);
  return onHost.flatMap(({ name, tty }): TtyDoubt[] => {
    const sharing = ttys.filter((one) => one.sharedById === tty);
    if (sharing.length === 0) return [];
    const now = sharing.find((one) => one.path === nodeOf(tty));
    const others = sharing.length > 1 ? `: ${sharing.map((one) => one.path).join(' and ')} have it now` : '';
    return [
      {
        board: name,
        found: `${tty} is the name of every adapter of its kind without a unique serial number${others}`,
        mend: now?.stablePath
          ? `write ${now.stablePath}, and keep the adapter in that socket`
          : 'name it by /dev/serial/by-path (plugpull relay list), and keep the adapter in that socket',
      },
    ];
  });
}

function nodeOf(tty: string): string | null {
  try {
    return fs.realpathSync(tty);
  } catch {
    return null;
  }
}
