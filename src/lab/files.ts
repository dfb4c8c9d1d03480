/** Files of a lab: replaced atomically, locked until their holder ends, and logs of JSON lines. */
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
 * The lock is held until every process that has the descriptor closes it or ends. Retries for 200 ms, because
 * `isLocked` of another process holds the lock for a moment. null: another process holds it.
 */
export async function takeLock(path: string): Promise<number | null> {
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
    const fd = tryLockOpened(fs.openSync(path, 'a', 0o600));
    if (fd !== null) return fd;
    await delay(LOCK_RETRY_MS);
  }
  return null;
}

/** Locks a directory, so that no lock file stays behind. null: another process holds it. */
export function tryLockDirectory(path: string): number | null {
  return tryLockOpened(fs.openSync(path, 'r'));
}

function tryLockOpened(fd: number): number | null {
  if (libcCalls.flock(fd, LOCK_EX_NB) === 0) return fd;
  fs.closeSync(fd);
  return null;
}

/**
 * Whether a process holds the lock; a missing file is not locked. The probe is a shared lock, so several can ask at
 * once.
 */
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

/**
 * A record of injected faults or cuts. Only tests read it: a bench that read it would not have to find the faults. Each
 * line is one write(2) with O_APPEND, so several threads can share a file.
 */
export interface JsonLinesFile {
  append(record: Record<string, unknown>): void;
  close(): void;
}

export function openJsonLines(path: string): JsonLinesFile {
  const fd = fs.openSync(path, 'a', 0o600);
  return {
    append: (record) => {
      fs.writeSync(fd, `${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`);
    },
    close: () => fs.closeSync(fd),
  };
}
