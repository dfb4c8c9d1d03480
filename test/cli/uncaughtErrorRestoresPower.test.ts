/** Promise: an error that nobody caught ends the bench with 5, never with FAIL's 1, and not before the power is back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { labStatus, labUp } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'crashes';
const state = ownStateDir();
const file = join(state.dir, 'rig.yaml');
// Long dark: at the throw the rails are off.
const text = tinyRigText(NAME, { cycles: 5, dark: '3s', cuts: ['{ rails: [P, S], during: load, after: 100ms }'] });
writeFileSync(file, text);
afterAll(() => state.clean(NAME));

function crash(out: string): ReturnType<typeof cli> {
  const env = {
    PLUGPULL_STATE_DIR: state.dir,
    NODE_OPTIONS: `--import ${join(import.meta.dirname, 'crashInTheDark.mjs')}`,
  };
  return cli(['run', file, '--out', join(state.dir, out)], { env });
}

it('a lab of its own is ended', async () => {
  const crashed = await crash('own');
  expect(crashed.code, crashed.stderr).toBe(5);
  expect(crashed.stderr).toMatch(/internal error: Error: a mistake of ours\n\s+at /);
  expect(await labStatus(NAME)).toBeNull();
});

it('in a lab that stays, every rail is on', async () => {
  await labUp(NAME, parseRig(text, file).lab!);
  expect((await crash('kept')).code).toBe(5);
  const states = await cli(['relay', 'state', file, '--json'], { env: { PLUGPULL_STATE_DIR: state.dir } });
  expect((JSON.parse(states.stdout) as { state: string }[]).map((r) => r.state)).toEqual(['on', 'on', 'on']);
});
