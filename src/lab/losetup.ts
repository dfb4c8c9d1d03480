/**
 * Loop devices on virtual disks, through util-linux's `losetup` as a child: the calls wait for the disk's own answers,
 * so the lab's threads must be free to serve meanwhile.
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

/** Finding a free number and taking it are two steps: on a busy host somebody else may take it in between. */
const ATTACH_ATTEMPTS = 5;
const ATTACH_RETRY_MS = 50;

/** Ended when it takes too long; a child that has ended while this process stood still is heard first. */
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
      : 'Check `losetup -a`, /dev/loop-control and that this is root.';
  const reason = stderr?.trim() || (error as Error).message;
  return new LabError('LAB_NO_LOOP', `no loop device on ${file}: ${reason}. ${step}`, { file, reason });
}

/** While somebody holds the device open this only marks it: the kernel detaches at the last close. */
export async function detachLoop(loop: string): Promise<void> {
  await run('losetup', ['--detach', loop]).catch(() => undefined);
}

export interface LoopInUse {
  loop: string;
  backingFile: string;
}

/** Loop devices whose backing file lies in this directory, from sysfs alone (no I/O on a disk that may be dead). */
export function loopsBackedUnder(directory: string): LoopInUse[] {
  const found: LoopInUse[] = [];
  for (const name of fs.readdirSync(SYS_BLOCK)) {
    if (!/^loop\d+$/.test(name)) continue;
    const backingFile = loopBackingFile(`/dev/${name}`);
    if (backingFile?.startsWith(`${directory}/`)) found.push({ loop: `/dev/${name}`, backingFile });
  }
  return found;
}

/** null: not attached. A lazily unmounted file loses its path; the kernel then shows what remains of it. */
export function loopBackingFile(loop: string): string | null {
  try {
    return fs.readFileSync(`${SYS_BLOCK}/${loop.replace('/dev/', '')}/loop/backing_file`, 'utf8').trimEnd();
  } catch {
    return null;
  }
}
