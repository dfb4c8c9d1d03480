/** A search may take a day: `explore` refuses wrong options and paths that it cannot write before it searches. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cli } from './cli.js';

const dir = mkdtempSync(join(tmpdir(), 'plugpull-explore-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it.each<[string, string[], RegExp]>([
  [
    'a trace in a directory that is not there',
    ['--out', join(dir, 'none', 'trace.json')],
    /none: a trace can not be written there .*--out/,
  ],
  ['a trace in place of a directory', ['--out', dir], /is a directory/],
  ['counterexamples in a directory that is not there', ['--mutants', '--keep', join(dir, 'none')], /none.*--keep/],
  ['--keep without --mutants', ['--keep', dir], /--keep needs --mutants/],
  [
    '--mutants with one mutant',
    ['--mutants', '--mutant', 'literal-claim-4'],
    /can not be combined with --mutant or --replay; leave them out/,
  ],
  ['a trace that never ends', ['--replay', '/dev/zero'], /\/dev\/zero: is not a regular file/],
  ['a bound by time and one by states', ['--states', '5'], /--seconds and --states exclude each other/],
  ['a trace that is not there', ['--replay', join(dir, 'none.json')], /none\.json: there is no such file/],
])('%s', async (_what, args, message) => {
  // One day: a command that does not refuse runs until it is killed.
  const { code, stderr } = await cli(['explore', '--seconds', '86400', '--threads', '1', ...args], { hangMs: 60_000 });
  expect(code, stderr).toBe(2);
  expect(stderr).toMatch(message);
});
