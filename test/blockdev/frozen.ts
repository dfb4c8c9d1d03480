/**
 * A block device whose writes hang on demand: a loop device over a file on a file system that `fsfreeze` stops. The end
 * of the test file thaws and removes it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { command, DEFAULT_LOOP_BYTES, type TestLoop, type useLoops } from './loop.js';

export interface Freezable extends TestLoop {
  freeze(): void;
  thaw(): void;
  /** Mount point of the file system: another process needs it for a thaw. */
  mountPoint: string;
}

export function freezableLoop(loops: ReturnType<typeof useLoops>, name: string): Freezable {
  const below = loops.loop({ sizeBytes: 2 * DEFAULT_LOOP_BYTES });
  const mountPoint = join(loops.folder, name);
  mkdirSync(mountPoint);
  command('mkfs.ext4', '-q', below.path);
  command('mount', below.path, mountPoint);
  loops.undo(() => command('umount', mountPoint));
  const file = join(mountPoint, 'disk');
  command('truncate', '-s', '16M', file);
  const loop = loops.loop({ over: file });
  let frozen = false;
  const thaw = (): void => {
    if (!frozen) return;
    frozen = false;
    command('fsfreeze', '--unfreeze', mountPoint);
  };
  const freeze = (): void => {
    command('fsfreeze', '--freeze', mountPoint);
    frozen = true;
  };
  loops.undo(() => {
    try {
      thaw();
    } catch {
      // Another process of the test has thawed it.
    }
  });
  return { ...loop, mountPoint, freeze, thaw };
}
