/** What a directory that may not be there yet could hold. */
import { statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../errors.js';

/** Bytes that are free to us where `path` is or would be made; null: that can't be told. */
export function freeBytes(path: string): number | null {
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || at === dirname(at)) return null;
    }
  }
}
