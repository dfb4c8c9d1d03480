/** The build stores V8's code cache of each file of the bundle. A cache that does not fit its file is not used. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';

const BUNDLE = fileURLToPath(new URL('../../dist/bundle', import.meta.url));
const LATER_S = 60;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'plugpull-bundle-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a bundle with this text exports, loaded by another process as the program loads it. */
function load(file: string): string {
  const script = `require(process.argv[1]); process.stdout.write(require(process.argv[2]).text)`;
  return execFileSync(process.execPath, ['-e', script, join(BUNDLE, 'load.cjs'), file], { encoding: 'utf8' });
}

function bundle(name: string, text: string): string {
  const file = join(folder, `${name}.bundle.cjs`);
  writeFileSync(file, `module.exports.text = '${text}';`);
  return file;
}

const cacheOf = (file: string): Buffer =>
  new Script(Module.wrap(readFileSync(file, 'utf8')), { filename: file }).createCachedData();

it('every file of the bundle has a cache that V8 accepts', () => {
  const files = readdirSync(BUNDLE, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.bundle.cjs'),
  );
  expect(files).toContain('cli/main.bundle.cjs');
  const refused = files.filter((name) => {
    const file = join(BUNDLE, name);
    const cachedData = readFileSync(`${file}.cache`);
    return new Script(Module.wrap(readFileSync(file, 'utf8')), { filename: file, cachedData }).cachedDataRejected;
  });
  expect(refused).toEqual([]);
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
