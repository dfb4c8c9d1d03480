/**
 * Starts, finds and ends a virtual lab. The lab is a process of its own, which goes on when its starter ends. Each name
 * has one lab, with its files in /run/plugpull/lab-NAME (or in PLUGPULL_STATE_DIR).
 */
import fs from 'node:fs';
import path from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { attended } from '../base/systemClock.js';
import { type LabSpec, checkLabSpec, checkName } from './spec.js';
import { cleanUp } from './cleanUp.js';
import { LabError, type LabErrorRecord } from './errors.js';
import { isLocked, takeLock, tryLockDirectory } from './files.js';
import { hasStateBase, labPaths, type LabPaths, READY_FD, readSpec, readState, type LabState } from './labDirectory.js';

export type { LabBoardState, LabDiskState, LabState } from './labDirectory.js';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5_000;
const KILL_DEADLINE_MS = 5_000;
/** A start or an end of another lab comes first. */
const TURN_DEADLINE_MS = START_DEADLINE_MS + STOP_DEADLINE_MS;
const POLL_MS = 20;
const LOG_TAIL_BYTES = 2000;

export interface LabUpOptions {
  startDeadlineMs?: number;
}

/**
 * Starts the lab, or finds it running with the same description. Rejects with LabError: LAB_OTHER_SPEC if a lab of that
 * name runs with another description; LAB_NO_PERMISSION, LAB_NO_FUSE, LAB_NO_LOOP, … if the host lacks something.
 */
export async function labUp(name: string, spec: LabSpec, options: LabUpOptions = {}): Promise<LabState> {
  checkLabSpec(spec);
  const paths = labPaths(name);
  return withTurn(paths, async () => {
    const running = isLocked(paths.lock) ? await reuse(paths, spec) : null;
    if (running !== null) return running;
    await cleanUp(paths);
    fs.mkdirSync(paths.dir, { mode: 0o700 });
    fs.writeFileSync(paths.spec, `${JSON.stringify(spec, null, 2)}\n`, { mode: 0o600 });
    try {
      return await start(paths, options.startDeadlineMs ?? START_DEADLINE_MS);
    } catch (error) {
      await cleanUp(paths);
      throw error;
    }
  });
}

/**
 * Ends the lab and removes its files and devices, also those of a killed lab. Resolves false if there was nothing to
 * do.
 */
export async function labDown(name: string): Promise<boolean> {
  const paths = labPaths(name);
  return withTurn(paths, async () => {
    if (!fs.existsSync(paths.dir)) return false;
    if (isLocked(paths.lock)) await end(paths);
    await cleanUp(paths);
    return true;
  });
}

/** null: no such lab is running. Remains of a killed lab can exist; `labDown` removes them. Creates nothing. */
export async function labStatus(name: string): Promise<LabState | null> {
  checkName('lab', name);
  if (!hasStateBase()) return null;
  const paths = labPaths(name);
  return isLocked(paths.lock) ? readState(paths.state) : null;
}

/** Runs starts and ends of all processes one after the other, by a lock on the directory of all labs. */
async function withTurn<T>(paths: LabPaths, action: () => Promise<T>): Promise<T> {
  const base = path.dirname(paths.dir);
  const deadline = attended.nowMs() + TURN_DEADLINE_MS;
  let turn = tryTurn(base);
  while (turn === null) {
    if (attended.nowMs() > deadline) {
      throw new LabError(
        'LAB_BUSY',
        `lab ${paths.name}: another process has held ${base} for ${TURN_DEADLINE_MS / 1000} s. Try again.`,
      );
    }
    await delay(POLL_MS);
    turn = tryTurn(base);
  }
  try {
    return await action();
  } finally {
    fs.closeSync(turn);
  }
}

function tryTurn(base: string): number | null {
  try {
    fs.accessSync(base, fs.constants.W_OK);
    return tryLockDirectory(base);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LabError('LAB_NO_PERMISSION', `state directory ${base}: not writable (${code}). Run as root.`, {
      base,
      code,
    });
  }
}

/** Throws LabError LAB_OTHER_SPEC if `labUp` would; a lab that does not run is usable. */
export function requireSameLab(name: string, spec: LabSpec): void {
  const paths = labPaths(name);
  if (isLocked(paths.lock)) requireSame(paths, spec);
}

function requireSame(paths: LabPaths, spec: LabSpec): void {
  const runs = readSpec(paths.spec);
  // The seed may differ: a lab that outlived its bench goes on with its own, and serves the next campaign all the same.
  const asked = JSON.parse(JSON.stringify({ ...spec, seed: runs?.seed })) as LabSpec;
  if (!isDeepStrictEqual(runs, asked)) {
    throw new LabError(
      'LAB_OTHER_SPEC',
      `lab ${paths.name} is running with another description. End it first: \`plugpull lab down\` with the profile it was started from.`,
      { name: paths.name, stateDir: paths.dir },
    );
  }
}

/** null: the lab ended before it was ready. */
async function reuse(paths: LabPaths, spec: LabSpec): Promise<LabState | null> {
  requireSame(paths, spec);
  // A lab whose starter was killed can still be starting.
  const found = await until(START_DEADLINE_MS, () => readState(paths.state) ?? (isLocked(paths.lock) ? null : 'gone'));
  if (found !== null) return found === 'gone' ? null : found;
  throw new LabError(
    'LAB_START_FAILED',
    `lab ${paths.name}: running, but not ready after ${START_DEADLINE_MS / 1000} s. End it with \`plugpull lab down\`, then start it again.`,
  );
}

/** The compiled entry of the lab process; tests run from src/ and use the one in dist/. */
function entryPath(): string {
  const here = fileURLToPath(import.meta.url);
  const folder = path.dirname(here);
  const entry = here.endsWith('.ts')
    ? path.join(folder, '../../dist/lab/labProcess.js')
    : path.join(folder, 'labProcess.js');
  if (fs.existsSync(entry)) return path.resolve(entry);
  throw new LabError(
    'LAB_NOT_BUILT',
    `${path.resolve(entry)}: missing, so the lab process is not built. Run \`npm run build:ts\`.`,
  );
}

async function start(paths: LabPaths, deadlineMs: number): Promise<LabState> {
  const entry = entryPath();
  const lock = await takeLock(paths.lock);
  if (lock === null)
    throw new LabError(
      'LAB_BUSY',
      `lab ${paths.name}: running already. Use it, or end it with \`plugpull lab down\`.`,
      {
        name: paths.name,
      },
    );
  const log = fs.openSync(paths.log, 'a', 0o600);
  // Positions 3 and 4 are READY_FD and LOCK_FD.
  const stdio = ['ignore', log, log, 'pipe', lock] as const;
  const child = spawn(process.execPath, [entry, paths.dir, paths.name], {
    cwd: '/',
    detached: true,
    stdio: [...stdio],
  });
  fs.closeSync(log);
  fs.closeSync(lock);
  const answer = await firstLine(child, deadlineMs);
  child.unref();
  const message = answer === '' ? {} : (JSON.parse(answer) as { ready?: boolean; error?: LabErrorRecord });
  const state = message.ready ? readState(paths.state) : null;
  if (state !== null) return state;

  child.kill('SIGKILL');
  await until(KILL_DEADLINE_MS, () => (isLocked(paths.lock) ? null : true));
  if (message.error) throw new LabError(message.error.code, message.error.message, message.error.context);
  const tail = fs.readFileSync(paths.log, 'utf8').slice(-LOG_TAIL_BYTES).trim();
  throw new LabError(
    'LAB_START_FAILED',
    `lab ${paths.name}: not ready after ${deadlineMs} ms. The end of its log: ${tail || '(empty)'}`,
  );
}

/** What the child writes to READY_FD until its first line, its end or the deadline. */
async function firstLine(child: ChildProcess, deadlineMs: number): Promise<string> {
  const pipe = child.stdio[READY_FD] as NodeJS.ReadableStream & { destroy(): void };
  let text = '';
  await new Promise<void>((resolve) => {
    const cancel = attended.after(deadlineMs, resolve);
    const done = (): void => {
      cancel();
      resolve();
    };
    pipe.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.includes('\n')) done();
    });
    pipe.once('end', done);
    child.once('error', done);
    child.once('exit', done);
  });
  pipe.destroy();
  return text.trim();
}

async function end(paths: LabPaths): Promise<void> {
  // A lab that was just started holds its lock before it has written its pid.
  const pid = await until(KILL_DEADLINE_MS, () => Number(fs.readFileSync(paths.lock, 'utf8')) || null);
  if (pid === null)
    throw new LabError(
      'LAB_STOP_FAILED',
      `${paths.lock}: locked, but without a pid. End the process that \`fuser ${paths.lock}\` names.`,
    );
  const steps = [
    ['SIGTERM', STOP_DEADLINE_MS],
    ['SIGKILL', KILL_DEADLINE_MS],
  ] as const;
  for (const [signal, deadlineMs] of steps) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    if ((await until(deadlineMs, () => (isLocked(paths.lock) ? null : true))) !== null) return;
  }
  throw new LabError(
    'LAB_STOP_FAILED',
    `lab ${paths.name}: process ${pid} does not end after SIGKILL. See \`dmesg\`.`,
    {
      pid,
    },
  );
}

async function until<T>(deadlineMs: number, probe: () => T | null): Promise<T | null> {
  const deadline = attended.nowMs() + deadlineMs;
  for (;;) {
    // The clock is read before the probe: what becomes true while this process is paused is not reported as late.
    const isLate = attended.nowMs() > deadline;
    const found = probe();
    if (found !== null || isLate) return found;
    await delay(POLL_MS);
  }
}
