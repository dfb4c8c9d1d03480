/** Runs the built command line as a child, as a person would. One that hangs is killed, and its code is null. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Far beyond what a command takes on a loaded machine, and below the tests' own limit. */
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
  /** What stands before the command: a wrapper that executes it. */
  inside?: readonly string[];
  /** Instead of what a command usually takes at most. */
  hangMs?: number;
  /** Called at once, before there is any output. */
  onStart?: (child: ChildProcessByStdio<null, Readable, Readable>) => void;
  /** Called with all of stdout so far, whenever there is more. */
  onOutput?: (stdout: string, child: ChildProcessByStdio<null, Readable, Readable>) => void;
  /** Called with all of stderr so far, whenever there is more. */
  onError?: (stderr: string, child: ChildProcessByStdio<null, Readable, Readable>) => void;
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
