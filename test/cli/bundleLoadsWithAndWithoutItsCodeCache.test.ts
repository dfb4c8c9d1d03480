/** The build stores V8's code cache of each file of the bundle. A cache that does not fit its file is not used. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const BUNDLE = fileURLToPath(new URL('../../dist/bundle', import.meta.url));
const LATER_S = 60;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'plugpull-bundle-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * In another process: V8 accepts a cache only under the flags it was made under, and a test of this process may have
 * changed them.
 */
function inNode(script: string, ...args: string[]): Buffer {
  return execFileSync(process.execPath, ['-e', script, ...args]);
}

/** What the file exports, loaded as the program loads it. */
function load(file: string): string {
  const script = `require(process.argv[1]); process.stdout.write(require(process.argv[2]).text)`;
  return inNode(script, join(BUNDLE, 'load.cjs'), file).toString();
}

function bundle(name: string, text: string): string {
  const file = join(folder, `${name}.bundle.cjs`);
  writeFileSync(file, `module.exports.text = '${text}';`);
  return file;
}

/** Defines `compile(file, cachedData)` for a script of `inNode`. */
const COMPILE = `
  const { readFileSync } = require('node:fs');
  const files = process.argv.slice(1);
  const compile = (file, cachedData) =>
    new (require('node:vm').Script)(require('node:module').wrap(readFileSync(file, 'utf8')), { filename: file, cachedData });
`;

const cacheOf = (file: string): Buffer =>
  inNode(`${COMPILE} process.stdout.write(compile(files[0]).createCachedData())`, file);

it('every file of the bundle has a cache that V8 accepts', () => {
  const files = readdirSync(BUNDLE, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.bundle.cjs'),
  );
  expect(files).toContain('cli/main.bundle.cjs');
  const refused = inNode(
    `${COMPILE} for (const file of files)
      if (compile(file, readFileSync(file + '.cache')).cachedDataRejected !== false) console.log(file)`,
    ...files.map((name) => join(BUNDLE, name)),
  );
  expect(refused.toString()).toBe('');
});

it('without a cache, a file runs', () => {
  expect(load(bundle('plain', 'from the file'))).toBe('from the file');
});

it('a cache is used', () => {
  // V8 compares no more than the length of the text: the other text shows that the cache was used.
  const file = bundle('fresh', 'old');
  const cache = cacheOf(file);
  bundle('fresh', 'new');
  writeFileSync(`${file}.cache`, cache);
  expect(load(file)).toBe('old');
});

it('a cache older than its file is not used', () => {
  const file = bundle('stale', 'old');
  writeFileSync(`${file}.cache`, cacheOf(file));
  bundle('stale', 'new');
  const later = Date.now() / 1000 + LATER_S;
  utimesSync(file, later, later);
  expect(load(file)).toBe('new');
});

it.each([
  ['empty', Buffer.alloc(0)],
  ['garbage', Buffer.alloc(4096, 0xa5)],
])('a file with a cache of %s runs', (name, bytes) => {
  const file = bundle(name, 'from the file');
  writeFileSync(`${file}.cache`, bytes);
  expect(load(file)).toBe('from the file');
});

it('a truncated cache is not used', () => {
  const file = bundle('short', 'from the file');
  const cache = cacheOf(file);
  writeFileSync(`${file}.cache`, cache.subarray(0, cache.length - 8));
  expect(load(file)).toBe('from the file');
});
