/** File steps that must not be seen half done: replaced files and links, and a lock that dies with its holder. */
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { libcCalls, LOCK_EX_NB, LOCK_SH_NB } from './libc.js';

const LOCK_ATTEMPTS = 20;
const LOCK_RETRY_MS = 10;

export function replaceFile(path: string, text: string): void {
  const next = `${path}.next`;
  fs.writeFileSync(next, text, { mode: 0o600 });
  fs.renameSync(next, path);
}

export function replaceLink(path: string, target: string): void {
  const next = `${path}.next`;
  fs.rmSync(next, { force: true });
  fs.symlinkSync(target, next);
  fs.renameSync(next, path);
}

/**
 * Held until closed here and in whoever inherited it, or until those processes are gone, however they ended. Tried again for
 * a while: somebody who asks whether it is locked holds it for a moment. null: somebody else holds it.
 */
export async function takeLock(path: string): Promise<number | null> {
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
    const fd = tryLockOpened(fs.openSync(path, 'a', 0o600));
    if (fd !== null) return fd;
    await delay(LOCK_RETRY_MS);
  }
  return null;
}

/** At once or not, and on a directory: nothing to leave behind. */
export function tryLockDirectory(path: string): number | null {
  return tryLockOpened(fs.openSync(path, 'r'));
}

function tryLockOpened(fd: number): number | null {
  if (libcCalls.flock(fd, LOCK_EX_NB) === 0) return fd;
  fs.closeSync(fd);
  return null;
}

/** Whether a live process holds it. A missing file is not locked. Several may ask at once: the probe is a shared lock. */
export function isLocked(path: string): boolean {
  let fd: number;
  try {
    fd = fs.openSync(path, 'r');
  } catch {
    return false;
  }
  const free = libcCalls.flock(fd, LOCK_SH_NB) === 0;
  fs.closeSync(fd);
  return !free;
}
