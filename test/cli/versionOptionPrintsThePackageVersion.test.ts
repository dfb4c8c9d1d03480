/** `plugpull --version` prints the version of the package, nothing else, and exits with 0. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cli } from './cli.js';

it('--version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await cli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});
