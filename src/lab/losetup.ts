/**
 * Loop devices on virtual disks, by util-linux's `losetup`. It runs as a child process, because its calls wait for
 * answers of the disk, which the lab process must be free to give.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { attended } from '../base/systemClock.js';
import { LabError } from './errors.js';

const start = promisify(execFile);
const CHILD_TIMEOUT_MS = 10_000;
const SYS_BLOCK = '/sys/block';

/** losetup first finds a free number, then takes it; another process can take it in between. */
const ATTACH_ATTEMPTS = 5;
const ATTACH_RETRY_MS = 50;

/**
 * Kills the child after the timeout. A child that ended while this process was paused is not late: the timeout counts
 * attended time.
 */
async function run(program: string, args: readonly string[]): Promise<{ stdout: string }> {
  const running = start(program, args);
  const cancel = attended.after(CHILD_TIMEOUT_MS, () => void running.child.kill());
  try {
    return await running;
  } finally {
    cancel();
  }
}

/** Attaches a free loop device with direct I/O; returns its path, e.g. `/dev/loop3`. */
export async function attachLoop(file: string, logicalBlockBytes: number): Promise<string> {
  const args = ['--find', '--show', '--direct-io=on', '--sector-size', String(logicalBlockBytes), file];
  for (let attempt = 1; ; attempt++) {
    try {
      const { stdout } = await run('losetup', args);
      return stdout.trim();
    } catch (error) {
      if (attempt === ATTACH_ATTEMPTS || (error as { code?: unknown }).code === 'ENOENT')
        throw attachError(file, error);
      await delay(ATTACH_RETRY_MS);
    }
  }
}

function attachError(file: string, error: unknown): LabError {
  const { stderr, code } = error as { stderr?: string; code?: unknown };
  const step =
    code === 'ENOENT'
      ? 'Install util-linux (`apt-get install mount util-linux`).'
      : 'Run as root, and check `losetup -a` and /dev/loop-control.';
  const reason = stderr?.trim() || (error as Error).message;
  return new LabError('LAB_NO_LOOP', `no loop device on ${file}: ${reason}. ${step}`, { file, reason });
}

/** While the device is open, the kernel only marks it, and detaches it at the last close. */
export async function detachLoop(loop: string): Promise<void> {
  await run('losetup', ['--detach', loop]).catch(() => undefined);
}

export interface LoopInUse {
  loop: string;
  backingFile: string;
}

/** Loop devices whose backing file lies in this directory. Reads sysfs only: I/O on a failed disk could hang. */
export function loopsBackedUnder(directory: string): LoopInUse[] {
  const found: LoopInUse[] = [];
  for (const name of fs.readdirSync(SYS_BLOCK)) {
    if (!/^loop\d+$/.test(name)) continue;
    const backingFile = loopBackingFile(`/dev/${name}`);
    if (backingFile?.startsWith(`${directory}/`)) found.push({ loop: `/dev/${name}`, backingFile });
  }
  return found;
}

/** null: not attached. After a lazy unmount the kernel shows only the rest of the path. */
export function loopBackingFile(loop: string): string | null {
  try {
    return fs.readFileSync(`${SYS_BLOCK}/${loop.replace('/dev/', '')}/loop/backing_file`, 'utf8').trimEnd();
  } catch {
    return null;
  }
}
