/**
 * What must be remembered about a board longer than a process lives: that its once-only initialization was done (a
 * second one would switch relays), and the mask last written, where the board cannot say it.
 *
 * Belongs to one plugged-in life of the tty node: after unplugging, or a reboot, the file no longer matches and counts
 * as absent. Does not notice a board whose own supply failed while its USB converter stayed up.
 */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { lockName } from '../transport/ttyLock.js';

interface Remembered {
  life: string;
  initialized: boolean;
  mask: number | null;
}

export interface BoardMemory {
  initialized: boolean;
  /** Relay 1 is the lowest bit; null: never written. */
  mask: number | null;
  save(): void;
}

export type OpenBoardMemory = (tty: string, runtimeDir: string) => BoardMemory;

/** Reads what is known about the board behind a tty. */
export function openBoardMemory(tty: string, runtimeDir: string): BoardMemory {
  const file = path.join(runtimeDir, `${lockName(tty)}.board`);
  const life = nodeLife(tty);
  const found = read(file);
  const known = found !== null && found.life === life ? found : null;
  return {
    initialized: known?.initialized ?? false,
    mask: known?.mask ?? null,
    save() {
      const { initialized, mask } = this;
      const draft = `${file}.${process.pid}`;
      fs.writeFileSync(draft, JSON.stringify({ life, initialized, mask } satisfies Remembered));
      fs.renameSync(draft, file);
    },
  };
}

function read(file: string): Remembered | null {
  try {
    const value = JSON.parse(fs.readFileSync(file, 'utf8')) as Remembered | null;
    return typeof value?.life === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** Changes when the node is made anew: on plugging in, and on boot. */
function nodeLife(tty: string): string {
  const stat = fs.statSync(tty);
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  // devpts hands numbers out again and knows no birth; its status time is set when the pair is made.
  const bornMs = stat.birthtimeMs > 0 ? stat.birthtimeMs : stat.ctimeMs;
  return `${boot}:${stat.rdev}:${stat.ino}:${bornMs}`;
}
