/**
 * Loop devices over sparse files that the test makes. The end of the test file detaches every device and removes its
 * file, also after a failure, and touches nothing else on the host. Needs root, as the bench does.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export interface TestLoop {
  /** `/dev/loopN` */
  path: string;
  file: string;
}

export interface LoopSpec {
  sizeBytes?: number;
  sectorBytes?: 512 | 4096;
  readOnly?: boolean;
  /** The backing file (or device), instead of a new one. */
  over?: string;
}

const MIB = 2 ** 20;
export const DEFAULT_LOOP_BYTES = 64 * MIB;

/** Call at the top of a test file. The steps given to `undo` run before the loop devices are detached, newest first. */
export function useLoops() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plugpull-loop-')));
  const undone: (() => void)[] = [];
  let count = 0;

  const clean = (): void => {
    for (const step of undone.splice(0).reverse()) attempt(step);
    rmSync(folder, { recursive: true, force: true });
  };
  const onSignal = (): void => {
    clean();
    process.exit(1);
  };
  afterAll(() => {
    process.off('exit', clean).off('SIGTERM', onSignal);
    clean();
  });
  // A run that is interrupted never reaches afterAll. SIGKILL, and a test that hangs in a system call, still leave
  // devices.
  process.on('exit', clean).on('SIGTERM', onSignal);

  function file(sizeBytes: number): string {
    const name = join(folder, `disk${count++}`);
    const fd = openSync(name, 'w');
    ftruncateSync(fd, sizeBytes);
    closeSync(fd);
    return name;
  }

  function loop(spec: LoopSpec = {}): TestLoop {
    const over = spec.over ?? file(spec.sizeBytes ?? DEFAULT_LOOP_BYTES);
    const options = ['--find', '--show', '--direct-io=on', '--sector-size', String(spec.sectorBytes ?? 512)];
    if (spec.readOnly) options.push('--read-only');
    const path = command('losetup', ...options, over).trim();
    undone.push(() => command('losetup', '--detach', path));
    return { path, file: over };
  }

  return { folder, loop, file, undo: (step: () => void) => void undone.push(step) };
}

/** Returns the standard output of the program; throws with its standard error. */
export function command(name: string, ...args: string[]): string {
  return execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // The other steps must run all the same; losetup --list shows what is left.
  }
}
