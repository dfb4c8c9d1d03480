/**
 * One command at a time on a rig. The lock is a file that names its holder; a holder that no longer lives (pid and
 * start time, since pids are used again) is pushed aside. Promises nothing about devices shared by two rigs: those
 * meet at O_EXCL.
 *
 * The file is locked (flock) as well, and that lock goes along with the devices into the I/O ring: it lasts until the
 * kernel has let go of them, even when the process that opened them is gone. Such a file is kept aside as `….held.PID.…`:
 * the next command may switch the power, which may be all that is missing, and knows from `remains` who holds the devices.
 */
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { loadNative } from '../../blockdev/ffi/loadNative.js';
import { holds, processNow } from '../../power/transport/ttyLock.js';
import { CampaignError, codeOf } from '../errors.js';
import { stateDir, stateDirPath } from '../directories.js';
import { type Clock, delay } from '../../base/clock.js';
import type { ResolvedRig } from '../../rig/resolved.js';

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
  /** Open and locked: a duplicate of it, also the kernel's, keeps the lock. */
  readonly fd: number;
  /** Commands that have ended, and whose devices the kernel still holds for I/O that was not answered. */
  remains(): LockHolder[];
  /** Idempotent. The file stays while a duplicate of `fd` is open. */
  release(): void;
}

/** Behind the name of a lock: moved aside, with its holder's pid and start time. */
const HELD = '.held.';

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
    const fd = tryTake(file, mine);
    if (fd !== null) return lockOf(file, fd);
    const holder = readHolder(file);
    if (holder !== null && isAlive(holder)) throw busy(rigName, holder);
    moveAside(file, holder);
  }
  throw new CampaignError('RIG_BUSY', `rig "${rigName}" is being locked by others again and again; try later`, {
    file,
  });
}

/** Who holds the rig, null when nobody alive does. Makes nothing. */
export function rigHolder(rigName: string, dir: string = stateDirPath()): LockHolder | null {
  const holder = readHolder(join(dir, `rig-${rigName}.lock`));
  return holder !== null && isAlive(holder) ? holder : null;
}

/** Complete and locked at once under its final name: nobody reads a half-written lock. Its descriptor; null: it is taken. */
function tryTake(file: string, mine: LockHolder): number | null {
  const draft = `${file}.${mine.pid}`;
  const fd = writeDraft(draft, mine);
  try {
    linkSync(draft, file);
    return fd;
  } catch (error) {
    closeSync(fd);
    if (codeOf(error) === 'EEXIST') return null;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function writeDraft(draft: string, mine: LockHolder): number {
  try {
    rmSync(draft, { force: true });
    const fd = openSync(draft, 'wx', 0o600);
    writeSync(fd, JSON.stringify(mine));
    loadNative().pp_lock(fd);
    return fd;
  } catch (error) {
    const message = `the lock of a rig can't be written to ${dirname(draft)} (${codeOf(error)}); run as root, or set PLUGPULL_STATE_DIR`;
    throw new CampaignError('STATE_DIR_NOT_WRITABLE', message, { draft }, error);
  }
}

/** Whether the kernel, or a process that is still ending, has the file open and locked. A file that is gone is not. */
function isHeld(file: string): boolean {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    return loadNative().pp_lock(fd) < 0;
  } finally {
    closeSync(fd);
  }
}

/** Moves a dead holder's lock away; what turns out to be somebody else's fresh one is put back. */
function moveAside(file: string, dead: LockHolder | null): void {
  const aside = `${file}${HELD}${dead === null ? `0.${process.pid}` : `${dead.pid}.${dead.startTicks}`}`;
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
  if (another || !isHeld(aside)) rmSync(aside, { force: true });
}

function lockOf(file: string, fd: number): RigLock {
  let held = true;
  return {
    file,
    fd,
    remains: () => remainsOf(file),
    release() {
      if (!held) return;
      held = false;
      closeSync(fd);
      if (!isHeld(file)) rmSync(file, { force: true });
    },
  };
}

/** What is not held any more is removed. */
function remainsOf(file: string): LockHolder[] {
  const dir = dirname(file);
  const kept = readdirSync(dir)
    .filter((name) => name.startsWith(`${basename(file)}${HELD}`))
    .map((name) => join(dir, name));
  return kept.flatMap((aside) => {
    if (isHeld(aside))
      return [readHolder(aside) ?? { pid: 0, startTicks: 0, command: 'an unknown command', since: 'an unknown time' }];
    rmSync(aside, { force: true });
    return [];
  });
}

/** For people: why the rig stays locked as a command ends; null: it does not. */
export function describeUnanswered(rigName: string, unanswered: Partial<Record<string, number>>): string | null {
  const areas = Object.entries(unanswered).map(([area, count]) => `${area} ${count}`);
  if (areas.length === 0) return null;
  return (
    `I/Os left unanswered: ${areas.join(', ')}. The kernel keeps the devices opened exclusively, and rig "${rigName}" locked, ` +
    'until the device answers (power, cabling, path) or is removed (echo 1 > /sys/block/NAME/device/delete)'
  );
}

/** For people: who holds the devices though it has ended, why, and what ends that. */
export function describeRemains(rigName: string, remains: readonly LockHolder[]): string {
  const who = remains.map(({ pid, command, since }) => `process ${pid} (${command}, since ${since})`).join(' and ');
  return (
    `rig "${rigName}": ${who} has ended, and the kernel still holds its devices exclusively, for I/O that was not answered. ` +
    'That ends when the device answers (power, cabling, path) or is removed (echo 1 > /sys/block/NAME/device/delete)'
  );
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

// MERGED What a command that has ended left behind: I/O that the kernel still waits for.
/** How often the kernel is asked whether it has let go of the devices. */
const REMAINS_EVERY_MS = 100;

/**
 * That command passed the gate with these devices, and only power may end its I/O, so `powerOn` is called before anything
 * else is looked at: a read of ours on such a device would keep this process as well. @throws CampaignError DEVICE_BUSY
 */
export async function awaitRemains(
  rig: ResolvedRig,
  lock: RigLock,
  clock: Clock,
  powerOn: () => Promise<void>,
): Promise<void> {
  if (lock.remains().length === 0) return;
  await powerOn();
  const untilMs = clock.nowMs() + rig.campaign.deadlinesMs.return;
  for (let remains = lock.remains(); remains.length > 0; remains = lock.remains()) {
    if (clock.nowMs() >= untilMs)
      throw new CampaignError('DEVICE_BUSY', describeRemains(rig.name, remains), { remains });
    await delay(clock, REMAINS_EVERY_MS);
  }
}
