/** Runs a program that a benchmark is compared with. */
import { spawn } from 'node:child_process';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Resolves when the process has ended, and so has closed its devices. null: the program is not installed. `signal` ends
 * the process with SIGTERM.
 */
export function runTool(program: string, args: readonly string[], signal: AbortSignal | null): Promise<Ended | null> {
  return new Promise((resolve) => {
    // Messages are parsed, so they must be the untranslated ones.
    const env = { ...process.env, LC_ALL: 'C' };
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const end = (): void => void child.kill('SIGTERM');
    if (signal?.aborted === true) end();
    signal?.addEventListener('abort', end, { once: true });
    const done = (value: Ended | null): void => {
      signal?.removeEventListener('abort', end);
      resolve(value);
    };
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', () => done(null));
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
}
