/**
 * The lock of a rig: one command at a time. The lock is a file that names its holder. A dead holder (by pid and start
 * time, since pids are reused) loses it. Two rigs that share a device exclude each other by O_EXCL, not here.
 *
 * The file is also locked with flock. A duplicate of its descriptor goes with the devices into the I/O ring, so that
 * the flock lasts until the kernel has closed the devices, even after the process has ended. Such a file is kept as
 * `….held.PID.…`: the next command may switch the power on, which may be all that is missing, and `remains` says which
 * command held the devices.
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
  /** Clock ticks since boot, from /proc/PID/stat: distinguishes the process from a later one with its pid. */
  startTicks: number;
  command: string;
  /** ISO 8601. */
  since: string;
}

export interface RigLock {
  readonly file: string;
  /** Open and locked: a duplicate of it, also the kernel's, keeps the lock. */
  readonly fd: number;
  /** Ended commands whose devices the kernel still holds for unanswered I/O. */
  remains(): LockHolder[];
  /** Idempotent. The file stays while a duplicate of `fd` is open. */
  release(): void;
}

/** Suffix of a lock that was moved aside, followed by its holder's pid and start time. */
const HELD = '.held.';

/** Taking a stale lock may lose a race a few times, but not more often. */
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
  throw new CampaignError(
    'RIG_BUSY',
    `rig "${rigName}" could not be locked in ${TRIES} attempts, because other commands lock it; try later`,
    {
      file,
    },
  );
}

/** Live holder of the rig; null: none. Makes no file. */
export function rigHolder(rigName: string, dir: string = stateDirPath()): LockHolder | null {
  const holder = readHolder(join(dir, `rig-${rigName}.lock`));
  return holder !== null && isAlive(holder) ? holder : null;
}

/** The file appears complete and locked under its final name. Returns its descriptor; null: the lock is taken. */
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

/** Whether the kernel, or a process that still ends, has the file open and locked. A missing file is not held. */
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

/** Moves a dead holder's lock aside; if that turns out to be a new lock of another command, puts it back. */
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

/** Removes files that are no longer held. */
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

/** For people: why the rig stays locked as a command ends; null: it does not stay locked. */
export function describeUnanswered(rigName: string, unanswered: Partial<Record<string, number>>): string | null {
  const areas = Object.entries(unanswered).map(([area, count]) => `${area} ${count}`);
  if (areas.length === 0) return null;
  return (
    `I/Os left unanswered: ${areas.join(', ')}. The kernel keeps the devices opened exclusively, and rig "${rigName}" locked, ` +
    'until the device answers (power, cabling, path) or is removed (echo 1 > /sys/block/NAME/device/delete)'
  );
}

/** For people: which ended command holds the devices, why, and what ends that. */
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

/** Interval between two checks whether the kernel has closed the devices. */
const REMAINS_EVERY_MS = 100;

/**
 * Waits until the kernel has closed the devices of ended commands. Those passed the gate with these devices, and only
 * power may end their I/O, so `powerOn` is called before anything else: a read on such a device would hold this process
 * too.
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
