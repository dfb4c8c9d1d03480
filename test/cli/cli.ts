/** Runs the built program as a child process. A child that hangs is killed; its `code` is then null. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** No command takes so long, even on a loaded host; shorter than the time limit of a test. */
const HANG_MS = 250_000;

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** A program and its arguments that execute the command, such as `unshare`. */
  inside?: readonly string[];
  /** Replaces the default time after which a hanging child is killed. */
  hangMs?: number;
  /** Called when the child has started, before it prints anything. */
  onStart?: (child: ChildProcessByStdio<null, Readable, Readable>) => void;
  /** Called with all of stdout so far, each time the child prints to it. */
  onOutput?: (stdout: string, child: ChildProcessByStdio<null, Readable, Readable>) => void;
  /** Called with all of stderr so far, each time the child prints to it. */
  onError?: (stderr: string, child: ChildProcessByStdio<null, Readable, Readable>) => void;
}

/** The beginning of the line that is printed when this phase of a cycle has ended. */
export function phaseLine(phase: string): string {
  return `  ${phase}:`;
}

export function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const [program, ...before] = [...(options.inside ?? []), process.execPath];
  const child = spawn(program, [...before, MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    timeout: options.hangMs ?? HANG_MS,
    killSignal: 'SIGKILL',
  });
  options.onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    options.onOutput?.(stdout, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    options.onError?.(stderr, child);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
