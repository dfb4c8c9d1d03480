/** Promise: the C tests pass under the address and undefined-behavior sanitizers. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const NATIVE = fileURLToPath(new URL('../../native', import.meta.url));
const programs = readdirSync(join(NATIVE, 'test'))
  .filter((name) => name.endsWith('.c'))
  .map((name) => basename(name, '.c'));

beforeAll(() => {
  execFileSync(process.execPath, [join(NATIVE, 'build.mjs'), '--test'], { stdio: 'pipe' });
});

describe('C test', () => {
  for (const program of programs) {
    it(program, () => {
      const run = spawnSync(join(NATIVE, 'build', program), { encoding: 'utf8' });
      expect({ status: run.status, signal: run.signal, stderr: run.stderr }).toEqual({
        status: 0,
        signal: null,
        stderr: '',
      });
      if (run.stdout !== '') console.log(run.stdout.trim());
    });
  }
});
