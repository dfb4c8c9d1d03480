/**
 * Promise: a build without compiler or headers prints one line, with the package to install, and exits 1. A build whose
 * library is current does nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const BUILD = fileURLToPath(new URL('../../native/build.mjs', import.meta.url));
const LIBRARY = fileURLToPath(new URL('../../native/build/libplugpull.so', import.meta.url));
const PACKAGES = 'apt install gcc libc6-dev linux-libc-dev';

const folder = mkdtempSync(join(tmpdir(), 'plugpull-build-'));
afterAll(() => rmSync(folder, { recursive: true }));

function build(compiler: string | null, ...args: string[]) {
  const env = compiler === null ? process.env : { ...process.env, CC: compiler };
  const run = spawnSync(process.execPath, [BUILD, ...args], { encoding: 'utf8', env });
  return { status: run.status, lines: run.stderr.trim().split('\n'), stdout: run.stdout };
}

it('a missing compiler is reported with the packages to install', () => {
  const { status, lines } = build(join(folder, 'no-such-cc'), '--force');
  expect(status).toBe(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('no C compiler');
  expect(lines[0]).toContain(PACKAGES);
});

it('missing kernel headers are reported with the packages to install', () => {
  const compiler = join(folder, 'cc-without-headers');
  const script =
    '#!/bin/sh\necho "<stdin>:2:10: fatal error: linux/io_uring.h: No such file or directory" >&2\nexit 1\n';
  writeFileSync(compiler, script, { mode: 0o755 });
  const { status, lines } = build(compiler, '--force');
  expect(status).toBe(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('linux/io_uring.h');
  expect(lines[0]).toContain(PACKAGES);
});

it('a library that is current is not built again, even without a compiler', () => {
  expect(build(null).status).toBe(0);
  const before = statSync(LIBRARY).mtimeMs;
  expect(build(join(folder, 'no-such-cc'))).toMatchObject({ status: 0, stdout: '' });
  expect(statSync(LIBRARY).mtimeMs).toBe(before);
});
