/**
 * The virtual lab from outside: start it, find it, end it. The lab is a process of its own that outlives whoever started
 * it; one lab per name, its files under /run/plugpull/lab-NAME (PLUGPULL_STATE_DIR names another place).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { attended } from '../base/systemClock.js';
import type { LabSpec } from './spec.js';
import { checkLabSpec } from './checkSpec.js';
import { cleanUp } from './cleanUp.js';
import { LabError, type LabErrorRecord } from './errors.js';
import { isLocked, takeLock, tryLockDirectory } from './files.js';
import { checkName, hasStateBase, labPaths, type LabPaths } from './paths.js';
import { READY_FD, readSpec, readState, type LabState } from './state.js';

export type { LabBoardState, LabDiskState, LabState } from './state.js';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5_000;
const KILL_DEADLINE_MS = 5_000;
const POLL_MS = 20;
const LOG_TAIL_BYTES = 2000;

export interface LabUpOptions {
  startDeadlineMs?: number;
}

/**
 * Starts the lab, or finds it running with the same description. Rejects with LabError: LAB_OTHER_SPEC when one of that
 * name runs with another description; LAB_NO_PERMISSION, LAB_NO_FUSE, LAB_NO_LOOP, … when this host can't.
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

/** Ends the lab and removes all it left, also after it was killed. Resolves false when there was nothing to do. */
export async function labDown(name: string): Promise<boolean> {
  const paths = labPaths(name);
  return withTurn(paths, async () => {
    if (!fs.existsSync(paths.dir)) return false;
    if (isLocked(paths.lock)) await end(paths);
    await cleanUp(paths);
    return true;
  });
}

/** null: no such lab is running (there may be remains of a killed one; labDown removes them). Makes nothing. */
export async function labStatus(name: string): Promise<LabState | null> {
  checkName('lab', name);
  if (!hasStateBase()) return null;
  const paths = labPaths(name);
  return isLocked(paths.lock) ? readState(paths.state) : null;
}

/** Up and down take turns, across processes: a lock on the directory of all labs, so that no lock file stays behind. */
async function withTurn<T>(paths: LabPaths, action: () => Promise<T>): Promise<T> {
  const base = path.dirname(paths.dir);
  const deadline = attended.nowMs() + START_DEADLINE_MS + STOP_DEADLINE_MS;
  let turn = tryTurn(base);
  while (turn === null) {
    if (attended.nowMs() > deadline) {
      throw new LabError(
        'LAB_BUSY',
        `lab ${paths.name}: somebody else keeps starting or ending labs in ${base}. Try again.`,
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
    throw new LabError('LAB_NO_PERMISSION', `state directory ${base} is not yours (${code}). Run as root.`, {
      base,
      code,
    });
  }
}

/** Whether `labUp` would find it usable: says so by throwing LAB_OTHER_SPEC when not. One that does not run is. */
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

/** null: it ended before it was ready. */
async function reuse(paths: LabPaths, spec: LabSpec): Promise<LabState | null> {
  requireSame(paths, spec);
  // Its starter may have been killed while it was coming up.
  const found = await until(START_DEADLINE_MS, () => readState(paths.state) ?? (isLocked(paths.lock) ? null : 'gone'));
  if (found !== null) return found === 'gone' ? null : found;
  throw new LabError(
    'LAB_START_FAILED',
    `lab ${paths.name} runs but is not ready. End it (\`plugpull lab down\`) and start it again.`,
  );
}

/** The compiled entry; from the sources (tests) it lies in dist/. */
function entryPath(): string {
  const here = fileURLToPath(import.meta.url);
  const folder = path.dirname(here);
  const entry = here.endsWith('.ts')
    ? path.join(folder, '../../dist/lab/labProcess.js')
    : path.join(folder, 'labProcess.js');
  if (fs.existsSync(entry)) return path.resolve(entry);
  throw new LabError(
    'LAB_NOT_BUILT',
    `${path.resolve(entry)} is missing: the lab process is not built. Run \`npm run build:ts\`.`,
  );
}

async function start(paths: LabPaths, deadlineMs: number): Promise<LabState> {
  const entry = entryPath();
  const lock = await takeLock(paths.lock);
  if (lock === null)
    throw new LabError('LAB_BUSY', `lab ${paths.name} is running already. Use it, or end it first.`, {
      name: paths.name,
    });
  const log = fs.openSync(paths.log, 'a', 0o600);
  // In the order of READY_FD and LOCK_FD.
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
    `lab ${paths.name} did not come up in ${deadlineMs} ms. Its log ends: ${tail || '(empty)'}`,
  );
}

/** What the child writes on descriptor 3, up to its end or the deadline. */
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
  // A lab whose starter was killed may have its lock and not yet its pid in it.
  const pid = await until(KILL_DEADLINE_MS, () => Number(fs.readFileSync(paths.lock, 'utf8')) || null);
  if (pid === null)
    throw new LabError(
      'LAB_STOP_FAILED',
      `${paths.lock} is held but names no process. End its holder (\`fuser\` tells it).`,
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
  throw new LabError('LAB_STOP_FAILED', `lab ${paths.name}: process ${pid} does not end, even killed. See \`dmesg\`.`, {
    pid,
  });
}

async function until<T>(deadlineMs: number, probe: () => T | null): Promise<T | null> {
  const deadline = attended.nowMs() + deadlineMs;
  for (;;) {
    // The time is asked first: what comes true while the process stands still is seen before it is found late.
    const isLate = attended.nowMs() > deadline;
    const found = probe();
    if (found !== null || isLate) return found;
    await delay(POLL_MS);
  }
}
