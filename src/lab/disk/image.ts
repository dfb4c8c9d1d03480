/**
 * The durable image: a sparse file in the lab's directory. A write to it counts as durable as soon as the host's page
 * cache holds it: the lab models the power of its disks, not that of the host.
 */
import fs from 'node:fs';
import { LabError } from '../errors.js';
import { errnoName, FALLOC_PUNCH_KEEP_SIZE, lastErrno, libcCalls } from '../libc.js';
import type { Medium } from './device.js';

export interface Image extends Medium {
  close(): void;
}

function failed(path: string, action: string, reason: string): LabError {
  const hint = 'Free space under the state directory, or name another one with PLUGPULL_STATE_DIR.';
  return new LabError('LAB_IMAGE_FAILED', `${path}: ${action} failed: ${reason}. ${hint}`, { path, action });
}

/** Makes the file (all zeros) and opens it. */
export function createImage(path: string, sizeBytes: number): Image {
  const fd = fs.openSync(path, 'wx+', 0o600);
  fs.ftruncateSync(fd, sizeBytes);

  const transfer = (action: string, step: (done: number) => number, lengthBytes: number): void => {
    let done = 0;
    while (done < lengthBytes) {
      let n: number;
      try {
        n = step(done);
      } catch (error) {
        throw failed(path, action, (error as Error).message);
      }
      if (n === 0) throw failed(path, action, 'end of file');
      done += n;
    }
  };

  return {
    read: (offset, target, at, length) =>
      transfer('read', (done) => fs.readSync(fd, target, at + done, length - done, offset + done), length),
    write: (offset, source, at, length) =>
      transfer('write', (done) => fs.writeSync(fd, source, at + done, length - done, offset + done), length),
    zero: (offset, length) => {
      if (libcCalls.fallocate(fd, FALLOC_PUNCH_KEEP_SIZE, offset, length) !== 0) {
        throw failed(path, 'punch hole', errnoName(lastErrno()));
      }
    },
    close: () => fs.closeSync(fd),
  };
}
