/**
 * A file that says who holds a tty, for people and for the error message of whoever comes second.
 *
 * Promises: one live holder per tty and runtime directory; the lock of a dead process is taken over, also when its pid
 * has been given to another process since. Does not keep out programs that know nothing of it: for them the tty itself
 * is locked (flock, serialWire.ts).
 */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { PowerError } from '../errors.js';

export interface TtyHolder {
  pid: number;
  /** Of the process, in clock ticks since boot: tells a recycled pid from the holder. */
  startTicks: number;
  rig: string;
  /** Only asks, and is gone in a moment. */
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
    // link() shows the file whole or not at all: nobody reads a holder half written.
    while (!linked(draft, file)) evictDead(file, tty);
  } finally {
    fs.rmSync(draft, { force: true });
  }
  const inode = fs.statSync(file).ino;
  return { release: () => removeIf(file, (stat) => stat.ino === inode) };
}

let draftCount = 0;

/** Name of a tty's files in the runtime directory: the node itself, however it was reached. */
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
      `${tty} is held by process ${holder.pid} for rig "${holder.rig}" (${file}): wait for it or stop it`,
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

/** (MERGED) The process that a lock names: is it still there to give it back? */

export interface ProcessNow {
  /** Clock ticks from boot to its start: tells a process from a later one with its pid. */
  startTicks: number;
  /**
   * Killed, and gone but for I/O that has not ended: a disk without power may keep it so until the power is back. It does
   * nothing any more, but its files are open and locked still.
   */
  isDying: boolean;
}

const SIGKILL_BIT = 1n << 8n;
/** Fields of proc(5)'s stat, counted from the one behind the name. */
const STATE = 3 - 3;
const START_TICKS = 22 - 3;

/** null: no such process. */
export function processNow(pid: number): ProcessNow | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in field 2 may hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { startTicks: Number(fields[START_TICKS]), isDying: 'ZX'.includes(fields[STATE]!) || isKilled(pid) };
  } catch {
    return null;
  }
}

/** The very process that took the lock, and it may use what it has locked. */
export function holds(pid: number, startTicks: number): boolean {
  const now = processNow(pid);
  return now !== null && now.startTicks === startTicks && !now.isDying;
}

/** A thread that waits for a disk is not killed before that answers; the signal is pending meanwhile. */
function isKilled(pid: number): boolean {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)].map(([, mask]) => BigInt(`0x${mask}`));
  return pending.some((mask) => (mask & SIGKILL_BIT) !== 0n);
}
