/**
 * The runner of the tests. If the user is not root, it loads no file of the suite `root`, but reports it as skipped:
 * its tests would fail at `losetup` or `/dev/fuse`, which says nothing about the code.
 */
import { relative } from 'node:path';
import { it, TestRunner } from 'vitest';
import { suiteOf, TEST_FOLDER } from './suites.mjs';

export function isRunnable(path: string, userId: number | undefined): boolean {
  return userId === 0 || suiteOf(path) !== 'root';
}

export default class SkipsWithoutRoot extends TestRunner {
  override importFile(...[path, source]: Parameters<TestRunner['importFile']>): unknown {
    if (source !== 'collect' || isRunnable(relative(TEST_FOLDER, path), process.getuid?.()))
      return super.importFile(path, source);
    it.skip('all of it (needs root)', () => undefined);
    return undefined;
  }
}
