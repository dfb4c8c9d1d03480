/** Reads files of a recorded run, and nothing else. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, textOf } from '../campaign/errors.js';
import { ReportError } from '../report/error.js';
import { parseRun } from '../report/parseRun.js';
import type { Run } from '../report/runRecord.js';
import { UsageError } from './exitCodes.js';

/** Records of a million cycles; a string of Node's holds no more. */
const FILE_BYTES_MAX = 2 ** 29 - 2 ** 20;

/** Follows no link: a directory that somebody else prepared can't lead anywhere. @throws UsageError that names the file */
export function readRunFile(dir: string, name: string): string {
  try {
    if (lstatSync(dir).isSymbolicLink()) throw new UsageError(`${dir} is a symbolic link; name the run's directory itself`);
    const fd = openSync(join(dir, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size } = fstatSync(fd);
      if (!fstatSync(fd).isFile()) throw new UsageError(`${join(dir, name)} is not a regular file; no run has left that`);
      if (size > FILE_BYTES_MAX) throw new UsageError(`${join(dir, name)} has ${size} bytes; no run has left that`);
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (codeOf(error) === 'ELOOP') throw new UsageError(`${join(dir, name)} is a symbolic link; no run has left that`);
    if (dir === '' || codeOf(error) === 'ENOTDIR') throw new UsageError(`"${dir}" is not a directory; name that of a run`);
    const why = codeOf(error) === 'ENOENT' ? 'is not there; is that the directory of a run?' : `can't be read (${textOf(error)})`;
    throw new UsageError(`${join(dir, name)} ${why}`);
  }
}

/** The run as it ended. @throws UsageError, ReportError that names the directory */
export function readRun(dir: string): Run {
  const [runText, cyclesText] = ['run.json', 'cycles.jsonl'].map((name) => readRunFile(dir, name));
  try {
    return parseRun(runText, cyclesText);
  } catch (error) {
    throw error instanceof ReportError ? new ReportError(error.code, `${dir}: ${error.message}`, { ...error.context, dir }) : error;
  }
}
