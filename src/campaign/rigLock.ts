/**
 * One command at a time on a rig. The lock is a file that names its holder; a holder that no longer lives (pid and
 * start time, since pids are used again) is pushed aside. Promises nothing about devices shared by two rigs: those
 * meet at O_EXCL.
 */
import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { holds, processNow } from '../power/transport/lockHolder.js';
import { CampaignError, codeOf } from './errors.js';
import { stateDir, stateDirPath } from './stateDir.js';

export interface LockHolder {
  pid: number;
  /** Clock ticks since boot, from /proc/PID/stat: tells a process from a later one with its pid. */
  startTicks: number;
  command: string;
  /** ISO 8601. */
  since: string;
}

export interface RigLock {
  readonly file: string;
  /** Idempotent. */
  release(): void;
}

/** Taking a stale lock can lose a race a few times; more often than this is no race. */
const TRIES = 5;

/** @throws CampaignError RIG_BUSY naming the holder */
export function lockRig(rigName: string, command: string, dir: string = stateDir()): RigLock {
  const file = join(dir, `rig-${rigName}.lock`);
  const mine: LockHolder = {
    pid: process.pid,
    startTicks: processNow(process.pid)?.startTicks ?? 0,
    command,
    since: new Date().toISOString(),
  };
  for (let i = 0; i < TRIES; i++) {
    if (tryTake(file, mine)) return lockOf(file);
    const holder = readHolder(file);
    if (holder !== null && isAlive(holder)) throw busy(rigName, holder);
    pushAside(file, holder);
  }
  throw new CampaignError('RIG_BUSY', `rig "${rigName}" is being locked by others again and again; try later`, { file });
}

/** Who holds the rig, null when nobody alive does. Makes nothing. */
export function rigHolder(rigName: string, dir: string = stateDirPath()): LockHolder | null {
  const holder = readHolder(join(dir, `rig-${rigName}.lock`));
  return holder !== null && isAlive(holder) ? holder : null;
}

/** Complete at once under its final name: nobody reads a half-written lock. */
function tryTake(file: string, mine: LockHolder): boolean {
  const draft = `${file}.${mine.pid}`;
  writeDraft(draft, mine);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function writeDraft(draft: string, mine: LockHolder): void {
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, JSON.stringify(mine), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const message = `the lock of a rig can't be written to ${dirname(draft)} (${codeOf(error)}); run as root, or set PLUGPULL_STATE_DIR`;
    throw new CampaignError('STATE_DIR_NOT_WRITABLE', message, { draft }, error);
  }
}

/** Moves a dead holder's lock away; what turns out to be somebody else's fresh one is put back. */
function pushAside(file: string, dead: LockHolder | null): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = readHolder(aside);
  const another = moved !== null && (moved.pid !== dead?.pid || moved.startTicks !== dead.startTicks);
  if (another && isAlive(moved)) {
    try {
      linkSync(aside, file);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function lockOf(file: string): RigLock {
  let held = true;
  return {
    file,
    release() {
      if (held) rmSync(file, { force: true });
      held = false;
    },
  };
}

function readHolder(file: string): LockHolder | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<LockHolder>;
    return Number.isInteger(value.pid) ? (value as LockHolder) : null;
  } catch {
    return null;
  }
}

function isAlive(holder: LockHolder): boolean {
  return holds(holder.pid, holder.startTicks);
}

export function busy(rigName: string, holder: LockHolder): CampaignError {
  return new CampaignError(
    'RIG_BUSY',
    `rig "${rigName}" is in use by process ${holder.pid} (${holder.command}) since ${holder.since}; wait for it or end it`,
    { ...holder },
  );
}
