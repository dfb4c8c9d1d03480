/** Reads a file of a recorded run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, textOf } from '../campaign/errors.js';
import { UsageError } from './exitCodes.js';

/** @throws UsageError that names the file */
export function readRunFile(dir: string, name: string): string {
  try {
    return readFileSync(join(dir, name), 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'is not there; is that the directory of a run?' : textOf(error);
    throw new UsageError(`${join(dir, name)} ${why}`);
  }
}
