/** Why a tty cannot be opened: from the state of its node and the processes that use it. */

import * as fs from 'node:fs';
import { basename } from 'node:path';
import { PowerError } from '../errors.js';
import { processNow } from './ttyLock.js';

/** Throws TTY_MISSING or TTY_PERMISSION before anything is opened. */
export function requireTty(tty: string): void {
  const stat = fs.statSync(tty, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new PowerError(
      'TTY_MISSING',
      `${tty} does not exist; plug the board in, or correct the name (plugpull relay list)`,
      {
        tty,
      },
    );
  }
  if (!stat.isCharacterDevice() || isOfAnotherClass(stat.rdev)) {
    throw new PowerError('TTY_MISSING', `${tty} is not a tty; name one (plugpull relay list)`, { tty });
  }
  try {
    fs.accessSync(tty, fs.constants.R_OK | fs.constants.W_OK);
  } catch (error) {
    throw new PowerError(
      'TTY_PERMISSION',
      `this user may not read and write ${tty}; join the group that owns it (often dialout)`,
      { tty },
      error,
    );
  }
}

/**
 * Whether sysfs has the device in a class other than tty (/dev/null is in class mem). A pty slave is in no class. This
 * does not open the device: opening may switch a relay by DTR.
 */
function isOfAnotherClass(rdev: number): boolean {
  const { major, minor } = numbersOf(rdev);
  try {
    return basename(fs.readlinkSync(`/sys/dev/char/${major}:${minor}/subsystem`)) !== 'tty';
  } catch {
    return false;
  }
}

function numbersOf(dev: number): { major: number; minor: number } {
  return { major: (dev >> 8) & 0xfff, minor: (dev & 0xff) | ((dev >> 12) & 0xfff00) };
}

/** The error after a failed open of a node that `requireTty` accepts: another process holds it, or it does not work. */
export function explainOpenFailure(tty: string, cause: unknown): PowerError {
  const holder = holderOf(tty);
  if (holder !== null) {
    const { pid, name } = holder;
    const message = `${tty} is held by process ${pid} (${name}); stop it, or configure it not to use this tty`;
    return new PowerError('TTY_BUSY', message, { tty, holderPid: pid, holderName: name }, cause);
  }
  return new PowerError(
    'TTY_FAILED',
    `${tty} cannot be opened: ${String(cause)}; see the kernel log (dmesg)`,
    { tty },
    cause,
  );
}

/** Whether the process that locked the tty was killed and will not use it any more. */
export function isLockedByDying(tty: string): boolean {
  const pid = lockingPid(tty);
  return pid !== null && processNow(pid)?.isDying === true;
}

export interface TtyUser {
  pid: number;
  name: string;
}

/**
 * The process that uses a tty: the one that locked it, else the first one found with the node open, or null. Only root
 * can see the open files of other users.
 */
export function holderOf(tty: string): TtyUser | null {
  const pid = lockingPid(tty);
  return pid === null ? openerOf(tty) : { pid, name: processName(String(pid)) };
}

/** From /proc/locks: `1: FLOCK  ADVISORY  WRITE 1234 00:18:5 0 EOF`, device as hex pairs, then the inode. */
function lockingPid(tty: string): number | null {
  const { dev, ino } = fs.statSync(tty);
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  const { major, minor } = numbersOf(dev);
  const node = `${hex(major)}:${hex(minor)}:${ino}`;
  for (const line of fs.readFileSync('/proc/locks', 'utf8').split('\n')) {
    const fields = line.split(/\s+/);
    const pid = Number(fields[4]);
    // 0: a process outside of this pid namespace.
    if (fields[1] === 'FLOCK' && fields[5] === node && pid > 0) return pid;
  }
  return null;
}

function openerOf(tty: string): TtyUser | null {
  const node = fs.statSync(tty).rdev;
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    if (!openFiles(entry).some((fd) => isNode(`/proc/${entry}/fd/${fd}`, node))) continue;
    return { pid: Number(entry), name: processName(entry) };
  }
  return null;
}

function openFiles(pid: string): string[] {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
}

function isNode(link: string, rdev: number): boolean {
  try {
    const stat = fs.statSync(link);
    return stat.isCharacterDevice() && stat.rdev === rdev;
  } catch {
    return false;
  }
}

function processName(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'gone';
  }
}
