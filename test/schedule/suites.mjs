/**
 * Which suite a test file belongs to. The text of the file and of the test helpers that it imports shows what it needs
 * from the host. No file is listed by name: a new or renamed file gets its suite without an edit here.
 *
 *   quick   needs neither root nor the compiled program nor a pty, and took less than QUICK_SECONDS when last measured
 *   long    needs the compiled program or a pty, or takes longer; no root
 *   root    loop devices, FUSE, mounts, or the virtual lab on them
 *   vm      an emulated machine with a stock kernel
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

/** Recorded by `npm run test:times`. */
export const DURATIONS_FILE = fileURLToPath(new URL('durations.json', import.meta.url));
export const TEST_FOLDER = fileURLToPath(new URL('..', import.meta.url));
export const SUITES = ['quick', 'long', 'root', 'vm'];
/** A quick file that grows beyond it leaves the quick suite with the next measurement. */
export const QUICK_SECONDS = 4;

/** Tests of the sources' text: they name what others need. */
const READS_SOURCES = /^schedule\//;

/** The strongest need comes first. */
const NEEDS = [
  {
    suite: 'root',
    text: /\bgetuid\b|\bcanRunLab\b|\b(isRoot|startLab|labUp|labDown|realHost|useLoops)\b|['"](losetup|mount|mkfs\.\w+)['"]|\/dev\/(fuse|loop)/,
  },
  { suite: 'long', text: /\bdist\/|\bopenPty\b|['"](npm|fio)['"]|['"]node:child_process['"]/ },
];

/** Paths of all test files, relative to test/. */
export function testFiles() {
  return readdirSync(TEST_FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .sort();
}

/** Seconds, CPU seconds (null: not measured) and number of tests of each file that the last measurement saw. */
export function recordedDurations() {
  return JSON.parse(readFileSync(DURATIONS_FILE, 'utf8'));
}

const texts = new Map();

function textOf(path) {
  if (!texts.has(path)) texts.set(path, readFileSync(join(TEST_FOLDER, path), 'utf8'));
  return texts.get(path);
}

/** The file and every test helper that it reaches. */
function reached(path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, specifier] of textOf(path).matchAll(/^(?:import|export|\}).*\bfrom '(\.[^']+)\.js';$/gm)) {
    const target = normalize(join(dirname(path), `${specifier}.ts`));
    if (!target.startsWith('..') && existsSync(join(TEST_FOLDER, target))) reached(target, seen);
  }
  return seen;
}

/** `path`: relative to test/. */
export function suiteOf(path, durations = recordedDurations()) {
  if (path.startsWith('vm/')) return 'vm';
  const files = READS_SOURCES.test(path) ? [] : [...reached(path)];
  const need = NEEDS.find(({ text }) => files.some((file) => text.test(textOf(file))));
  if (need !== undefined) return need.suite;
  return (durations[path]?.seconds ?? 0) > QUICK_SECONDS ? 'long' : 'quick';
}
