/**
 * A lock file that names the holder of a tty, for the operator and for the error message of the next process.
 *
 * Each tty has at most one live holder in a runtime directory. The lock of a dead process is taken over, also if
 * another process has got its pid. Other programs do not read this file; the flock on the tty itself stops them
 * (serialWire.ts).
 */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { PowerError } from '../errors.js';

export interface TtyHolder {
  pid: number;
  /** Start of the process in clock ticks since boot: distinguishes the holder from a later process with its pid. */
  startTicks: number;
  rig: string;
  /** The holder reads the board once and then releases the tty. */
  brief?: boolean;
}

export interface TtyLock {
  release(): void;
}

/** Takes the lock. Throws `TTY_BUSY` with the holder's pid and rig, and whether it is a brief one. */
export function lockTty(tty: string, rig: string, runtimeDir: string, brief = false): TtyLock {
  fs.mkdirSync(runtimeDir, { recursive: true });
  const file = path.join(runtimeDir, `${lockName(tty)}.lock`);
  const mine: TtyHolder = {
    pid: process.pid,
    startTicks: processNow(process.pid)?.startTicks ?? 0,
    rig,
    ...(brief ? { brief } : {}),
  };
  const draft = `${file}.${process.pid}.${draftCount++}`;
  fs.writeFileSync(draft, JSON.stringify(mine));
  try {
    // link() makes a complete file visible: no reader sees a half-written holder.
    while (!linked(draft, file)) evictDead(file, tty);
  } finally {
    fs.rmSync(draft, { force: true });
  }
  const inode = fs.statSync(file).ino;
  return { release: () => removeIf(file, (stat) => stat.ino === inode) };
}

let draftCount = 0;

/** Name of a tty's files in the runtime directory: that of the node, whichever link led to it. */
export function lockName(tty: string): string {
  return fs.realpathSync(tty).replace(/^\/+/, '').replaceAll('/', '-');
}

function linked(draft: string, file: string): boolean {
  try {
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a dead holder's file; throws if the holder lives. */
function evictDead(file: string, tty: string): void {
  const found = readHolder(file);
  if (found === null) return;
  const { holder, inode } = found;
  if (holder !== null && holds(holder.pid, holder.startTicks)) {
    throw new PowerError(
      'TTY_BUSY',
      `${tty} is held by process ${holder.pid} for rig "${holder.rig}" (${file}); wait for it or stop it`,
      { tty, holderPid: holder.pid, holderName: holder.rig, ...(holder.brief === true ? { holderIsBrief: true } : {}) },
    );
  }
  removeIf(file, (stat) => stat.ino === inode);
}

function readHolder(file: string): { holder: TtyHolder | null; inode: number } | null {
  try {
    const inode = fs.statSync(file).ino;
    const text = fs.readFileSync(file, 'utf8');
    return { holder: parseHolder(text), inode };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseHolder(text: string): TtyHolder | null {
  try {
    const value = JSON.parse(text) as Partial<TtyHolder> | null;
    if (typeof value?.pid !== 'number' || typeof value.startTicks !== 'number') return null;
    return { pid: value.pid, startTicks: value.startTicks, rig: String(value.rig), brief: value.brief === true };
  } catch {
    return null;
  }
}

function removeIf(file: string, wanted: (stat: fs.Stats) => boolean): void {
  try {
    if (wanted(fs.statSync(file))) fs.unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

export interface ProcessNow {
  /** Clock ticks from boot to its start: distinguishes a process from a later one with its pid. */
  startTicks: number;
  /**
   * It was killed, but I/O keeps it alive: a disk without power may do so until the power is back. It runs no code any
   * more, but its files are still open and locked.
   */
  isDying: boolean;
}

const SIGKILL_BIT = 1n << 8n;
/** Indexes of fields of proc_pid_stat(5), from the field after the name. */
const STATE = 3 - 3;
const START_TICKS = 22 - 3;

/** Null: there is no such process. */
export function processNow(pid: number): ProcessNow | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in field 2 may contain blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { startTicks: Number(fields[START_TICKS]), isDying: 'ZX'.includes(fields[STATE]!) || isKilled(pid) };
  } catch {
    return null;
  }
}

/** Whether the process that took the lock still runs and was not killed. */
export function holds(pid: number, startTicks: number): boolean {
  const now = processNow(pid);
  return now !== null && now.startTicks === startTicks && !now.isDying;
}

/** A thread that waits for a disk dies only when the disk answers; until then the signal is pending. */
function isKilled(pid: number): boolean {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)].map(([, mask]) => BigInt(`0x${mask}`));
  return pending.some((mask) => (mask & SIGKILL_BIT) !== 0n);
}
