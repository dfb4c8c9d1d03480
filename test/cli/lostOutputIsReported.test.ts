/** Output that cannot be written makes a command fail; a reader that closes the pipe early does not. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

it('stdout on a full device: exit 5', () => {
  const full = openSync('/dev/full', 'w');
  try {
    const run = spawnSync(process.execPath, [MAIN, 'relay', 'boards'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    expect([run.status, run.stderr]).toEqual([
      5,
      'plugpull: writing to stdout failed: ENOSPC: no space left on device, write; the output is incomplete\n',
    ]);
  } finally {
    closeSync(full);
  }
});

it('a reader that closes the pipe: exit 0', () => {
  const command = `set -o pipefail; '${process.execPath}' '${MAIN}' relay boards | true`;
  const run = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  expect([run.status, run.stderr]).toEqual([0, '']);
});
