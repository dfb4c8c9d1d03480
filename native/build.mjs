/**
 * Compiles libplugpull.so with the C compiler of the host; needs only this compiler and the kernel headers. Does nothing
 * when the library is newer than its sources. `--test` compiles the C tests instead, with sanitizers. The compiler writes
 * to a temporary name, which is then renamed: of two builds at the same time neither sees a partial file.
 *
 *   node native/build.mjs [--force] [--test]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NATIVE = dirname(fileURLToPath(import.meta.url));
const OUT = join(NATIVE, 'build');
const COMPILER = process.env.CC ?? 'cc';
const INSTALL = 'apt install gcc libc6-dev linux-libc-dev';
const COMMON = [
  '-std=gnu11',
  '-g',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fvisibility=hidden',
  '-pthread',
  `-I${NATIVE}/include`,
];
const LIBRARY_FLAGS = ['-O2', '-fPIC', '-shared', '-Wl,-z,defs'];
const SANITIZER_FLAGS = [
  '-O1',
  '-fno-omit-frame-pointer',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
  `-I${NATIVE}/src`,
];

class BuildRefused extends Error {}

function filesOf(folder, suffix) {
  return readdirSync(join(NATIVE, folder))
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => join(NATIVE, folder, name));
}

function newestMs(files) {
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}

function isCurrent(output, inputs) {
  const made = statSync(output, { throwIfNoEntry: false });
  return made !== undefined && made.mtimeMs > newestMs(inputs);
}

function requireToolchain() {
  // No standard input: a compiler that exits early would break the pipe, and spawn would report that as no compiler.
  const probe = ['stdio.h', 'linux/io_uring.h', 'linux/fs.h'].flatMap((header) => ['-include', header]);
  const run = spawnSync(COMPILER, ['-E', ...probe, '-x', 'c', '-o', '/dev/null', '/dev/null'], { encoding: 'utf8' });
  if (run.error)
    throw new BuildRefused(`no C compiler: '${COMPILER}' cannot be run (${run.error.code}). Install it: ${INSTALL}`);
  if (run.status !== 0) {
    const line = run.stderr.split('\n').find((text) => text.includes('error')) ?? run.stderr.trim();
    throw new BuildRefused(`C headers are missing (${line.trim()}). Install them: ${INSTALL}`);
  }
}

function compile(output, flags, sources) {
  const temporary = `${output}.${process.pid}`;
  try {
    execFileSync(COMPILER, [...COMMON, ...flags, '-o', temporary, ...sources], { stdio: 'inherit' });
    renameSync(temporary, output);
  } catch {
    rmSync(temporary, { force: true });
    throw new BuildRefused(`${basename(output)} was not built: see the messages of the compiler above`);
  }
}

function main(args) {
  const sources = filesOf('src', '.c');
  const inputs = [...sources, ...filesOf('src', '.h'), ...filesOf('include', '.h'), join(NATIVE, 'build.mjs')];
  const targets = args.includes('--test')
    ? filesOf('test', '.c').map((test) => ({
        output: join(OUT, basename(test, '.c')),
        flags: SANITIZER_FLAGS,
        sources: [test, ...sources],
        inputs: [test, ...filesOf('test', '.h'), ...inputs],
      }))
    : [{ output: join(OUT, 'libplugpull.so'), flags: LIBRARY_FLAGS, sources, inputs }];
  const stale = targets.filter((t) => args.includes('--force') || !isCurrent(t.output, t.inputs));
  if (stale.length === 0) return;
  requireToolchain();
  mkdirSync(OUT, { recursive: true });
  for (const target of stale) compile(target.output, target.flags, target.sources);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BuildRefused)) throw error;
  console.error(`plugpull native build: ${error.message}`);
  process.exitCode = 1;
}
