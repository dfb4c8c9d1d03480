/**
 * Does a device answer a read? Asked from a child process, once, past every cache: a read that a disk without power never
 * answers holds no thread of ours, and no claim. Promises nothing about what is read.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { attended } from '../../base/systemClock.js';
import { blockNodeOf } from '../../blockdev/blockTree.js';
import { deviceNow } from '../../gate/deviceNow.js';
import { systemEnvironment } from '../../blockdev/openDevice.js';

/** A disk that must spin up first takes this long; what takes longer is asked again once the bench has switched its power on. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Of every logical block size in use a multiple. */
const READ_ARGUMENTS = ['of=/dev/null', 'bs=4096', 'count=1', 'iflag=direct', 'status=none'];

/** False: nothing there, or it fails or stays silent. What this user may not read, or is no block device, is left to the safety gate: true. */
export function deviceAnswers(path: string, patienceMs: number = ANSWER_TIMEOUT_MS): Promise<boolean> {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    return Promise.resolve((error as NodeJS.ErrnoException).code !== 'ENOENT');
  }
  if (blockNodeOf(path) === null) return Promise.resolve(true);
  // A node without its medium reads as empty.
  if ((deviceNow(path)?.sizeBytes ?? 0) === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn('dd', [`if=${path}`, ...READ_ARGUMENTS], { stdio: 'ignore', env: systemEnvironment() });
    const cancel = attended.after(patienceMs, () => {
      // In the kernel's hands until the power returns: it ends by itself then.
      child.kill('SIGKILL');
      child.unref();
      resolve(false);
    });
    const done = (answer: boolean): void => {
      cancel();
      resolve(answer);
    };
    child.once('error', () => done(true));
    child.once('exit', (code) => done(code === 0));
  });
}
