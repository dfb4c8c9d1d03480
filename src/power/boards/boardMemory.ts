/**
 * A file that keeps what the bench must know of a board after its process has ended: whether the once-only
 * initialization was sent (a second one would switch relays), and the last mask written, where the board has no
 * read-back.
 *
 * The file is valid for one tty node: after the board was unplugged, or after a reboot, it no longer matches and counts
 * as absent. It cannot notice a board whose own supply failed while its USB converter kept power.
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

/** Reads the file of the board at a tty. */
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

/** Identifies the tty node; changes when the kernel creates the node again: on plugging in, and on boot. */
function nodeLife(tty: string): string {
  const stat = fs.statSync(tty);
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  // devpts reuses numbers and reports no birth time; it sets the status change time when the pair is created.
  const bornMs = stat.birthtimeMs > 0 ? stat.birthtimeMs : stat.ctimeMs;
  return `${boot}:${stat.rdev}:${stat.ino}:${bornMs}`;
}
