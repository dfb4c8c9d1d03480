/**
 * Setup of each test file, for `npm run test:times`: appends the CPU time that its process and the process's children
 * have used during the file. A process runs many files, one after the other.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, expect } from 'vitest';
import { TEST_FOLDER } from './suites.mjs';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time, own and of children that have ended: fields 14 to 17 of proc(5). */
function cpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / TICKS_PER_SECOND;
}

const output = process.env['PLUGPULL_TEST_CPU_FILE'];
if (output !== undefined) {
  const before = cpuSeconds();
  // A setup file's hook is registered first and runs last: children that the file's own hooks end are counted.
  afterAll(() => {
    const file = relative(TEST_FOLDER, expect.getState().testPath ?? '');
    appendFileSync(output, `${JSON.stringify({ file, cpuSeconds: cpuSeconds() - before })}\n`);
  });
}
