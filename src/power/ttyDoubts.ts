/** Ttys of a profile whose names may lead to another adapter than was meant. Looks at this host, and opens nothing. */

import * as fs from 'node:fs';
import type { BoardRef } from './spec.js';
import { listTtys, type TtyListing } from './listTtys.js';

export interface TtyDoubt {
  board: string;
  found: string;
  mend: string;
}

/** Never rejects: where ttys cannot be listed, nothing is known of them. */
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
        found: `${tty} is the name of any adapter of its kind without a serial number of its own${others}`,
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
