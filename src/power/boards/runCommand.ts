/**
 * Runs one command of an `exec` board in a process group of its own, so that a signal to the bench's terminal does not
 * reach it, and so that it can be ended together with everything it has started.
 *
 * Promises: when the promise resolves, no process of that group runs any more. A command has ended when its last process
 * has, not when its wrapper has: a child in the background may still switch. Past the deadline, and when the wrapper
 * failed or was killed, the whole group is killed and waited for. What still runs when the bench exits is killed.
 *
 * Not promised: that a child which made itself a session of its own (`setsid`) is found; it is noticed only while it keeps
 * the wrapper's output open. Nor that a process in an uninterruptible wait dies in time. `outlived` reports both.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { attended } from '../../base/systemClock.js';

export interface CommandEnd {
  /** The wrapper's; null when a signal ended it, or when it could not be started. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** It, or a process that it had started, still ran at the deadline. */
  timedOut: boolean;
  /** Something that it had started still ran after the kill. */
  outlived: boolean;
  /** It could not be started (ENOENT, EACCES, …). */
  startError: NodeJS.ErrnoException | null;
}

/** Output beyond this is discarded. */
const OUTPUT_CHARS_MAX = 65_536;
/** Between two looks whether a group still runs. */
const LOOK_EVERY_MS = 20;
/** A killed process ends as soon as the kernel lets it; one in an uninterruptible wait is not waited for any longer. */
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
    // Whoever left the group may hold them for ever.
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

/** False at the deadline, in attended time. */
function inTime(event: Promise<void>, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = attended.after(deadlineMs - attended.nowMs(), () => resolve(false));
    void event.then(() => {
      cancel();
      resolve(true);
    });
  });
}

/** False at the deadline, in attended time. */
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
    // It is empty already.
  }
}

/** A zombie that no parent has waited for yet belongs to its group still, and runs no more. */
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

/** proc_pid_stat(5): the name in parentheses may hold anything; after it come state, parent and process group. */
function statOf(pid: string): { state: string; pgrp: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, pgrp: Number(pgrp) };
  } catch {
    return { state: 'X', pgrp: 0 };
  }
}
