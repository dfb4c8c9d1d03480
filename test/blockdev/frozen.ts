/**
 * A block device whose writes hang on demand: a loop device over a file on a file system that `fsfreeze` stops. Thawed and taken apart when the test file ends.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { command, DEFAULT_LOOP_BYTES, type TestLoop, type useLoops } from './loop.js';

export interface Freezable extends TestLoop {
  freeze(): void;
  thaw(): void;
  /** The path of the file system, for a thaw from another process. */
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
      // thawed by the test's own helper process
    }
  });
  return { ...loop, mountPoint, freeze, thaw };
}
