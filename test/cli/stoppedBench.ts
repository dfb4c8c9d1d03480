/**
 * Runs a campaign as a child process and stops it (SIGSTOP) in given steps and phases, alone or together with the lab,
 * as Ctrl-Z, `docker pause` or a snapshot of the machine does.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli, type CliResult } from './cli.js';

export interface Stop {
  /** The stop comes in this cycle or later; null: also before the first cycle. */
  cycle: number | null;
  /** A line of the progress; `delayMs` counts from it. */
  after: string;
  delayMs: number;
  forMs: number;
  /** Stops the virtual lab too, as a snapshot of the machine does. */
  withLab: boolean;
}

export interface StoppedRun extends CliResult {
  /** The stops that were made. */
  stopped: Stop[];
  out: string;
}

interface Pids {
  bench: number;
  lab: number | null;
}

/**
 * Makes the stops one after the other: each waits for its line, in its cycle, in what is printed after the stop before
 * it.
 */
export async function runStopped(
  file: string,
  lab: string,
  stateDir: string,
  out: string,
  args: readonly string[],
  stops: readonly Stop[],
): Promise<StoppedRun> {
  const left = [...stops];
  const stopped: Stop[] = [];
  let from = 0;
  let printed = 0;
  let isStopping = false;
  const look = (stdout: string, pid: number): void => {
    const [next] = left;
    printed = stdout.length;
    if (isStopping || next === undefined) return;
    const begun = next.cycle === null ? 0 : stdout.indexOf(`cycle ${next.cycle} (`);
    if (begun < 0 || !stdout.includes(next.after, Math.max(begun, from))) return;
    isStopping = true;
    left.shift();
    setTimeout(() => {
      const pids = { bench: pid, lab: next.withLab ? labPid(stateDir, lab) : null };
      if (!signal(pids, 'SIGSTOP')) return;
      stopped.push(next);
      setTimeout(() => {
        signal(pids, 'SIGCONT');
        isStopping = false;
        from = printed;
      }, next.forMs);
    }, next.delayMs);
  };
  const result = await cli(['run', file, '--out', out, ...args], {
    env: { PLUGPULL_STATE_DIR: stateDir },
    onOutput: (stdout, child) => look(stdout, child.pid!),
  });
  return { ...result, stopped, out };
}

/**
 * The lab is stopped first and continued last, so that the bench wakes before its disks. False: the bench has ended.
 */
function signal({ bench, lab }: Pids, name: 'SIGSTOP' | 'SIGCONT'): boolean {
  const inOrder = name === 'SIGSTOP' ? [lab, bench] : [bench, lab];
  let sent = false;
  for (const pid of inOrder) {
    if (pid === null) continue;
    try {
      process.kill(pid, name);
      if (pid === bench) sent = true;
    } catch {
      // The process has ended.
    }
  }
  return sent;
}

function labPid(stateDir: string, lab: string): number | null {
  try {
    return Number(readFileSync(join(stateDir, `lab-${lab}`, 'lock'), 'utf8')) || null;
  } catch {
    return null;
  }
}

/** Lines of events.jsonl of one kind. */
export function eventsOf(out: string, event: string): Record<string, unknown>[] {
  return readFileSync(join(out, 'events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((e) => e.event === event);
}
