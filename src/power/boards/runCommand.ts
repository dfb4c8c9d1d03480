/**
 * Runs one command of an `exec` board in its own process group. A signal to the bench's terminal does not reach it, and
 * all processes of the command can be killed together.
 *
 * When the promise resolves, no process of the group runs any more. A command ends with its last process, not with the
 * first one: a child in the background may still switch. After the deadline, and after a failed or killed command, the
 * function kills all processes of the group and waits for them. When the bench exits, it kills the commands that run.
 *
 * A child that called `setsid` left the group; it is noticed only while it keeps the command's output open. A process
 * in an uninterruptible wait may not die in time. `outlived` reports both.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { attended } from '../../base/systemClock.js';

export interface CommandEnd {
  /** Of the command itself; null when a signal ended it, or when it could not be started. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The command, or a process that it started, still ran at the deadline. */
  timedOut: boolean;
  /** A process that the command started still ran after the kill. */
  outlived: boolean;
  /** It could not be started (ENOENT, EACCES, …). */
  startError: NodeJS.ErrnoException | null;
}

/** Output beyond this is discarded. */
const OUTPUT_CHARS_MAX = 65_536;
/** Interval at which the state of a group is polled. */
const LOOK_EVERY_MS = 20;
/** The longest wait for the end of a killed process: one in an uninterruptible wait may never end. */
const DEATH_MS = 5_000;

const running = new Set<number>();

export async function runCommand(argv: readonly string[], timeoutMs: number): Promise<CommandEnd> {
  const [file, ...args] = argv;
  const child = spawn(file, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] = (output[stream] + text).slice(0, OUTPUT_CHARS_MAX);
    });
  }
  const exited = once(child, 'exit');
  const closed = once(child, 'close');
  const startError = await started(child);
  if (startError !== null)
    return { exitCode: null, signal: null, ...output, timedOut: false, outlived: false, startError };
  const group = child.pid!;
  if (running.size === 0) process.on('exit', killRunning);
  running.add(group);
  try {
    const deadlineMs = attended.nowMs() + timeoutMs;
    let timedOut = !(await inTime(exited, deadlineMs));
    const failed = !timedOut && child.exitCode !== 0;
    if (!timedOut && !failed) timedOut = !(await groupEnds(group, deadlineMs)) || !(await inTime(closed, deadlineMs));
    const outlived = timedOut || failed ? !(await killed(group, closed)) : false;
    return { exitCode: child.exitCode, signal: child.signalCode, ...output, timedOut, outlived, startError: null };
  } finally {
    // A process that left the group may hold the pipes forever.
    child.stdout.destroy();
    child.stderr.destroy();
    running.delete(group);
    if (running.size === 0) process.off('exit', killRunning);
  }
}

function started(child: ChildProcess): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(null));
    child.once('error', resolve);
  });
}

function once(child: ChildProcess, event: 'exit' | 'close'): Promise<void> {
  return new Promise((resolve) => child.once(event, () => resolve()));
}

/** False: the deadline (attended time) came first. */
function inTime(event: Promise<void>, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = attended.after(deadlineMs - attended.nowMs(), () => resolve(false));
    void event.then(() => {
      cancel();
      resolve(true);
    });
  });
}

/** False: the deadline (attended time) came first. */
async function groupEnds(group: number, deadlineMs: number): Promise<boolean> {
  while (isRunning(group)) {
    if (attended.nowMs() >= deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return true;
}

async function killed(group: number, closed: Promise<void>): Promise<boolean> {
  kill(group);
  const deadlineMs = attended.nowMs() + DEATH_MS;
  return (await groupEnds(group, deadlineMs)) && (await inTime(closed, attended.nowMs() + LOOK_EVERY_MS));
}

function killRunning(): void {
  running.forEach(kill);
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // The group has no process any more.
  }
}

/** A zombie still belongs to its group until its parent waits for it, but it does not run. */
function isRunning(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    const { state, pgrp } = statOf(entry);
    return pgrp === group && state !== 'Z' && state !== 'X';
  });
}

/** proc_pid_stat(5): the name in parentheses may contain any character; state, parent and process group follow it. */
function statOf(pid: string): { state: string; pgrp: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, pgrp: Number(pgrp) };
  } catch {
    return { state: 'X', pgrp: 0 };
  }
}
