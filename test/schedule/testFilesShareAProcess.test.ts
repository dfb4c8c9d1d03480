/**
 * Test files of one process share the loaded modules. So no file replaces a module for good, and a helper registers its
 * hooks where a test file calls it: hooks that it registers when it is loaded would run for the first file only.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TEST_FOLDER } from './suites.mjs';

const sources = readdirSync(TEST_FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
const containing = (paths: readonly string[], pattern: RegExp): string[] =>
  paths.filter((path) => pattern.test(readFileSync(join(TEST_FOLDER, path), 'utf8')));

it('no test file mocks a module when it is loaded', () => {
  expect(containing(sources, /^vi\.mock\(/m)).toEqual([]);
});

it('no helper registers a hook when it is loaded, but the setup of each test file', () => {
  const helpers = sources.filter((path) => !path.endsWith('.test.ts'));
  expect(containing(helpers, /^(before|after)(All|Each)\(/m)).toEqual(['schedule/restoreEnvironment.ts']);
});
